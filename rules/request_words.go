package rules

// The words by which requests are told from statements, whole and in normal
// form: English, Spanish, Portuguese, French, German, Italian, Hindi and
// Indonesian.

// wanting are the words with which somebody asks for something.
var wanting = setOf(`
	choose select pick elige elija escolha choisissez wahlen scegli scelga pilih
	type answer enter reenter send share give provide tell confirm verify reply respond write input submit spell repeat state leave drop fill include insert put pop
	specify say supply retype resend know what whats which whose key message dm add list mention read
	escribe escriba escriban escribir escribenos escribeme introduce introduzca introducir ingresa ingrese ingresar envia envie enviar enviame enviarme enviarnos envianos envieme envienos
	indica indique indicar indicame indicanos indiqueme indiquenos indicarme indicarnos mandame mandanos mandenos mandeme mandarme mandarnos dime diga digame dinos diganos decirme decirnos
	dame danos deme denos darme darnos facilita facilite facilitame facilitanos facilitenos facilitarme facilitarnos proporciona proporcione proporcioname proporcionanos proporcionenos proporcionarme proporcionarnos
	comparte comparta compartenos comparteme compartanos compartame compartir compartirme compartirnos confirma confirme confirmame confirmanos confirmar confirmarme confirmarnos cual cuales
	teclea teclee pon ponme pasame pasanos pasarme dejame dejanos dejenos dejeme deja deje responda responde responder contesta recuerdame recuerdanos repite repita verifica verifique rellena rellene anota anote solicitamos
	digite digita informe informa informar envie envia escreva escreve escrever insira fornece forneca fornecer compartilhe compartilha qual quais confirme mande manda mandar diga diz passe passa coloque preencha deixe deixa introduza indique indica repita digitar
	saisissez saisir saisis entrez entrer entre tapez taper envoyez envoyer donnez donner indiquez indiquer communiquez communiquer fournissez fournir quel quelle quels quelles confirmez confirmer lequel laquelle
	partagez partager precisez preciser donne envoie tape dites dire rappelez rappeler renseignez renseigner laissez laisser transmettez transmettre repondez repondre ecrivez ecrire inscrivez notez noter rentrez mettez epelez
	eingeben geben gib tippen tippe senden sende schicken schicke schick schreiben schreibe schreib nennen nenne nenn teilen teile teil lautet lauten welche welcher welches welchem welchen angeben
	bestatigen bestatige buchstabieren verraten verrate sagen sag antworten antworte hinterlassen hinterlasse hinterlass mitteilen eintippen eintragen trage tragen ubermitteln wiederholen wiederhole
	digiti inserisci inserisca inserire inserite invia invii inviami inviaci inviare inviarci inviarmi scrivi scriva scrivere scrivimi scrivici scrivermi scriverci fornisci fornisca fornire fornirci fornirmi fornite
	indica indichi indicare indicami indicaci indicarmi indicarci dammi dacci darmi darci mandami mandaci mandarmi mandarci comunica comunichi comunicaci comunicare
	conferma confermi confermare confermaci confermami confermarmi confermarci quale dica dimmi dicci dirmi dirci mi lascia lasci lasciaci lasciami specifica ripeti ripeta digitare compila riporta
	bataye batao bataiye batayein batayen bataen bataiyega batayega bata bhejo bheje bhejiye bhejein bhejen bhejiyega bhej bhejna likhe likho likhiye likhein likhen likhiyega likhna dijiye dijiyega chahiye darj daliye daliyega dalein dalen dalo daalein daalo daaliye daale
	masukkan masukan kirim kirimkan tulis tuliskan ketik ketikkan ketikan berikan sebutkan isi isikan apa berapa siapa konfirmasi konfirmasikan minta beritahu beritahukan informasikan infokan info sertakan cantumkan lampirkan lengkapi inputkan bantu dibantu balas jawab`)

// needing are request words whoever says them: "we need", "I'll require".
var needing = setOf(`
	need needs require requires
	necesito necesitamos necesita requerimos preciso precisamos precisaremos
	besoin faut brauche brauchen benotige benotigen serve servono occorre occorrono bisogno
	zaroorat zarurat perlu butuh butuhkan perlukan memerlukan membutuhkan`)

// pairs are requests of two words, by the second.
var pairs = map[string]map[string]bool{
	"i":         setOf("can could may might shall"),
	"we":        setOf("can could may might shall"),
	"das":       setOf("me nos"),
	"dices":     setOf("me nos"),
	"indicas":   setOf("me nos"),
	"da":        setOf("me nos mi ci"),
	"dice":      setOf("me nos mi ci"),
	"scrive":    setOf("mi ci"),
	"indica":    setOf("me nos mi ci"),
	"pasas":     setOf("me nos"),
	"compartes": setOf("me nos"),
	"fala":      setOf("me"),
	"do":        setOf("bata bhej de likh"),
	"de":        setOf("merci"),
}

// modals ask in a question: "Puede cambiar su teléfono" says what is possible.
var modals = setOf(`
	can could may might would puede puedes podria podrias pode poderia podes pouvez pourriez peux pourrais konnen konnten kannst konntest durfte darf durfen
	posso puo potrebbe puoi potresti boleh bisa mohon tolong bitte please kripya sakte sakti`)

// nudges ask right before what is asked for: "Mohon nomor telepon", "Bitte
// Kundennummer".
var nudges = setOf("boleh mohon tolong bitte please pls kripya silakan prego svp")

// maxNudge is how many words stand between.
const maxNudge = 1

// nobodys stand before a request word that is none: "we send", "I'll share".
var nobodys = setOf("we ll will ve have has been was were they wir nosotros noi kami hum humne maine sudah telah akan")

// turners begin another clause.
var turners = setOf("but so pero mas mais aber ma tapi lekin")

// deniers turn a request around, up to a request in the next clause.
var deniers = setOf("not dont cannot no nicht kein keine keinen nao ne pas non nahi nahin mat jangan tidak bukan never")

// lacking deny only what stands right behind them: "without your PIN", but
// "type it without spaces: your card number".
var lacking = setOf("without sin ohne sans senza sem tanpa")

// contracted stand before the t of "don't".
var contracted = setOf("don doesn didn won can isn aren wasn shouldn couldn wouldn needn mustn")

// maxLack is how many words stand between such a word and what is lacking.
const maxLack = 2

// refusers turn a whole sentence around.
var refusers = setOf("never nunca jamas jamais niemals nie mai kabhi jangan avoid beware evita evite evitez vermeiden")

// questioning are the words of questions that explain: "Why do you need my PIN?"
var questioning = setOf("why warum wieso weshalb pourquoi perche kyon kyun kenapa mengapa")

// leading are the words by which a message leads elsewhere: what is asked for
// there is not answered in the chat.
var leading = setOf("click tap pulsa pulse clic clique cliquez klicken klicke klick clicca clicchi klik")

// others stand before what is not the person's own.
var others = setOf("our their his its nuestro nuestra nosso nossa notre unsere unser unseren nostro nostra hamara hamare kami")

// openers begin a question that is answered with yes or no.
var openers = setOf("is are was were did does has have had am isnt arent didnt hast haben ist sind hai es esta son sont est avez sono kya apakah habt tienes tem tens")

// having ask whether the person has something, which is to be told then: "Do
// you have your order number?"
var having = setOf("tienes tiene tenes tem tens avez as haben hast habt ha hai punya")

// maxHaving is how many words stand behind what is asked for so: "Haben Sie Ihre
// Bestellnummer zur Hand?", but not "Hast du die E-Mail schon gestern bekommen?"
const maxHaving = 3

// closers are the request words of languages that put them last.
var closers = setOf(`
	eingeben ein angeben an nennen mit mitteilen senden schicken schreiben durch eintippen eintragen hinterlassen
	daaliye daalo daale dalo batayiye bhejna likhna dena darj
	bataye batao bataiye batayein batayen bataen bataiyega bata bhejo bhejiye bheje bhejein bhejen bhej likhiye likhe likhein likhen likho dijiye dein den daliye dalein dalen daalein kya karein karen kare kariye chahiye likhiyega bhejiyega dijiyega
	berapa siapa mana apa kapan`)

// counted stand before a "no" that is short for number, shortened behind one.
var (
	counted   = setOf("account acct card order phone mobile passport id booking policy contact licence license tel reference invoice ticket a c card debit cell ph")
	shortened = setOf("hp rek rekening telp telepon wa whatsapp ktp kk npwp pesanan resi polis kartu order rm bpjs paspor handphone rekeningnya hpnya")
)

// sent are words of what is on its way already: "the code we sent to your phone".
var sent = setOf(`sent texted emailed mailed delivered received shipped enviamos enviado enviada mandamos recibido recibiste enviou recebeu recebido
	envoye envoyee recu recue gesendet geschickt erhalten bekommen inviato inviata ricevuto ricevuta spedito bheja bheji mila dikirim dikirimkan diterima`)

// maxSent is how many words stand between such a word and its place.
const maxSent = 4

// by stand before a way to reach somebody, toward before a place of the
// person's that is known: "to your e-mail".
var (
	by     = setOf("by via per par lewat melalui through por over")
	toward = setOf("to from an auf alla al all sulla ao au vers ke dari")
	yours  = setOf("your ur tu su seu sua teu votre ton vos ihre ihrer ihren deine deiner deinen tua tuo sua suo vostra the")
)

// wishing begin questions of what somebody would like to do, changing are what
// they would do: "Do you want to change your address?"
var (
	wishing = setOf(`like want wish prefer deseas desea quieres quiere prefieres prefiere quieren quer deseja prefere gostaria queres souhaitez souhaites veux voulez preferez preferes
		mochten mochtest willst wollen bevorzugen soll vuole vuoi preferisce preferisci desidera desideri mau ingin chahte chahenge chahoge
		change update edit modify cambiar actualizar modificar alterar mudar trocar atualizar modifier changer andern aktualisieren modificare cambiare aggiornare ubah mengubah ganti mengganti badalna`)
	// stating stand behind the subject of a statement.
	stating = setOf("sedang sudah telah akan")
)

// undoing stand before a closer that they turn around: "share na karein".
var undoing = setOf("na mat nahi nahin")

// politely stand behind what is asked for.
var politely = setOf("please pls plz bitte kripya tolong prego svp")

// trailing stand behind the request word that ends a sentence: "berapa, kak?"
var trailing = setOf("hai hain hoga ji sir madam kak kakak ya yaa pak bu gan sis min dong itu saja do dijiye dein den sakte sakti hain aap please")

// interrogatives begin what is a question by itself: "to whom", "wie heißen Sie".
var interrogatives = setOf("to with from for who a con de para por com em como cuanto quien quem comment au pour avec auf unter fur an mit wie come per da kiske kisko naam siapa atas dengan untuk kepada")
