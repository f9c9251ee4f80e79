package rules

import (
	"regexp"
	"slices"
	"strings"
)

// The words of sentences that tell a person to type, in normal form: English,
// Spanish, Portuguese, French, German, Italian, Hindi and Indonesian.
var (
	// typing are the verbs that mean writing a message.
	typing = setOf(`
		type write key reply respond answer enter input text
		escribe escriba escribir escribelo escribala escribalo escribela escribeme escribanos responde responda responder respondeme respondenos contesta conteste contestar teclea teclee ingresa ingrese ingresar introduce introduzca introducir
		digite digita digitar escreva escreve escrever responda responde responder insira inserir
		tapez tape taper ecrivez ecris ecrire repondez reponds repondre saisissez saisis saisir entrez
		tippen tippe schreiben schreibe schreib antworten antworte eingeben geben gib eintippen
		scrivi scriva scrivere rispondi risponda rispondere digiti digitare inserisci inserisca inserire
		likhiye likhe likhen likho likhein likhkar jawab reply dijiye daliye dalein dale darj
		ketik ketikkan tulis tuliskan balas jawab masukkan`)
	// sending are the verbs that mean it only with a place in the chat behind
	// or before them: "send it here".
	sending = setOf(`
		send share give drop paste put post provide leave tell
		envia envie enviar enviame manda mande mandar mandame comparte comparta compartir pon ponga deja deje dinos dime pega pegue
		envie envia mande compartilhe passe coloque cole informe
		envoyez envoie envoyer donnez donne indiquez indique partagez collez mettez communiquez
		senden sende schicken schicke schick teilen mitteilen
		invia invii inviare mandi mandami inviami comunica indica incolla metti
		bhejiye bheje bhejen bhejo bhej bataiye batayein batao bataye share
		kirim kirimkan berikan bagikan sebutkan`)
	// carrying are verbs that carry what is to be typed.
	carrying = setOf(`
		escribelo escribela escribelos escribelas escribalo escribala escribalos escribamelo escribemelo escribenoslo tecleelo teclealo ingresalo ingreselo introducelo introduzcalo enviamelo envianoslo mandamelo
		digiteo escrevao digitalo scrivilo scrivila scrivili scrivimelo scrivetelo digitalo digitali inviamelo mandamelo inseriscilo rispondimi ketikkannya tuliskannya`)
	// placed are the words for the chat itself.
	placed = setOf(`
		here below chat conversation thread
		aqui abajo aca conversacion
		abaixo conversa
		ici dessous discussion
		hier unten
		qui sotto conversazione
		yahan yaha yahin niche neeche
		sini bawah percakapan obrolan`)
	// typed are the words for what is typed.
	typed = setOf(`
		it them digits digit number numbers code codes date value values details pin
		numero numeros digito digitos cifras codigo fecha datos valor
		data dados
		chiffres chiffre numeros numero date
		ziffern nummer zahlen zahl datum es sie
		cifre codice numeri dati
		ank
		angka nomor kode tanggal`)
	// elsewhere are words of sentences that are about something else: a menu,
	// a question to support, a page.
	elsewhere = setOf(`
		question questions feedback message review rating option options choice choose menu agent human operator stop unsubscribe subscribe help button link website page site app form website email mail post letter store shop branch click tap press list keyword
		pregunta preguntas duda dudas consulta opcion opciones agente ayuda boton enlace pagina formulario pulsa pulse haz haga tienda correo
		pergunta perguntas duvida opcao opcoes atendente ajuda botao pagina formulario clique loja
		questions demarche conseiller aide bouton lien formulaire cliquez boutique courriel
		frage fragen anliegen auswahl hilfe knopf seite formular klicken filiale mitarbeiter
		domanda domande opzione opzioni operatore aiuto pulsante pagina modulo clicca negozio
		sawal vikalp madad
		pertanyaan pilihan bantuan tombol tautan halaman formulir klik toko`)
	// choices are short answers, which are no values.
	choices = setOf(`yes no y n ok okay start help menu more back agent human stop si nao sim oui non ja nein haan nahi ya tidak`)
	// with stand between such a verb and the value, chosen before a choice.
	with   = setOf("with con com avec par mit dengan")
	chosen = setOf("the number word numero le il sie du bitte")
	// cues stand before one of the nounish verbs where it is an instruction;
	// elsewhere "type" and "text" are nouns.
	cues    = setOf("please pls kindly just simply then and now or can could should may must you to so also directly only here below next first instead bitte kripya")
	nounish = setOf("type write key reply respond answer enter input text send share give drop paste put post provide leave tell tape")
	// denying stand before a verb that they turn around.
	denying = setOf("not t dont never cannot no nunca jamas nao ne jamais nicht nie niemals kein keine non mai mat nahi nahin na kabhi jangan tidak evita evite avoid without")
)

const (
	typedReach    = 6 // words from a verb to what is typed
	placedReach   = 9 // words between a verb and "here"
	maxSampleSize = 6 // words of a sentence that is no more than a sample
)

// howTo are sentences that say how a value is written, in normal form.
var howTo = regexp.MustCompile(strings.Join([]string{
	`\b(?:without|no|omit|omitting|skip) (?:any |the )?(?:spaces|dashes|hyphens|blanks)\b`,
	`\bsin (?:los )?(?:espacios|guiones|puntos)\b`,
	`\bsem (?:os )?(?:espacos|tracos|pontos)\b`,
	`\bsans (?:les )?(?:espaces?|tirets?)\b`,
	`\bohne (?:leerzeichen|bindestriche?|punkte|trennzeichen)\b`,
	`\bsenza (?:gli )?(?:spazi|trattini)\b`,
	`\btanpa (?:spasi|tanda|strip)\b`,
	`\b(?:bina|koi) (?:kisi )?(?:space|spaces)\b`,
	`\b(?:digits|numbers|numerals|numeric) only\b|\bonly (?:use |the )?(?:digits|numbers)\b`,
	`\bsolo (?:los |i |le )?(?:digitos|numeros|numeri|cifre)\b|\b(?:apenas|somente) (?:os )?(?:numeros|digitos)\b`,
	`\b(?:uniquement|seulement) (?:les |des )?chiffres\b|\bchiffres (?:uniquement|seulement)\b`,
	`\bnur (?:die )?(?:ziffern|zahlen)\b|\b(?:hanya|cukup) angka\b|\bangka saja\b|\bsirf (?:number|numbers|digits|ank)\b`,
}, "|"))

// mask is a pattern of letters that shows how a date or a number is written.
var mask = regexp.MustCompile(`\b(?:mm|dd|tt|jj|gg|hh|bb|tgl)(?: ?[/.-] ?| )(?:yyyy|yy|aaaa|aa|jjjj|jj|gggg|mm|thth|tttt|tt|bb)\b|\b[xX#]{4}[ -]?[xX#]{4}\b`)

// sampled begin a sentence that shows a sample.
var sampled = regexp.MustCompile(`^(?:use |in |the |required |expected |please |por favor |el |o |le |das |il |utilisez |usa |usar |use o |verwenden sie |gunakan )*(?:format|formato|formats|example|for example|eg|e g|ejemplo|por ejemplo|exemplo|por exemplo|exemple|par exemple|ex|beispiel|zum beispiel|z b|beispielsweise|esempio|ad esempio|per esempio|udaharan|jaise|contoh|contohnya|misalnya)\b`)

// TellsHowToType tells whether a sentence tells the person to type or reply in
// the chat, or how to write a value there: "Reply with the 16 digits without
// spaces.", "Type it here", "Format: MM/YY". It reads the eight languages of
// the prompt rules, Hindi and Indonesian in Latin letters. A choice from a
// menu ("Type 1 for menu") and advice against ("Never type it here") are none.
func TellsHowToType(sentence string) bool {
	folded := strings.ToLower(foldText(sentence))
	words := wordsOf(folded)
	normal := strings.Join(words, " ")
	if howTo.MatchString(normal) || mask.MatchString(folded) {
		return true
	}
	if len(words) <= maxSampleSize && sampled.MatchString(normal) && strings.ContainsAny(folded, "0123456789/") {
		return true
	}
	if slices.ContainsFunc(words, func(word string) bool { return elsewhere[word] }) {
		return false
	}
	for i := range words {
		if tellsToType(words, i) {
			return true
		}
	}
	return false
}

// tellsToType tells whether the word at i is an instruction to type a value or
// to answer in the chat.
func tellsToType(words []string, i int) bool {
	word := words[i]
	if !typing[word] && !sending[word] && !carrying[word] || slices.ContainsFunc(words[:i], func(w string) bool { return denying[w] }) {
		return false
	}
	if i > 0 && (nobodys[words[i-1]] || nounish[word] && !cues[words[i-1]]) {
		return false
	}
	behind := words[i+1:]
	if slices.ContainsFunc(behind, func(w string) bool { return w == "nicht" || w == "pas" || w == "niemals" || w == "nie" }) {
		return false
	}
	if carrying[word] {
		return true
	}
	near := slices.Concat(words[max(0, i-placedReach):i], behind[:min(len(behind), placedReach)])
	if slices.ContainsFunc(near, func(w string) bool { return placed[w] }) {
		return true
	}
	return typing[word] && !chooses(behind) && typesValue(words, i)
}

// typesValue tells whether the verb at i has a value as its object. In German
// and Hindi the object stands before it.
func typesValue(words []string, i int) bool {
	behind := words[i+1:]
	if len(behind) > 0 && with[behind[0]] {
		return true
	}
	near := slices.Concat(words[max(0, i-typedReach):i], behind[:min(len(behind), typedReach)])
	return slices.ContainsFunc(near, func(w string) bool { return typed[w] })
}

// chooses tells whether what stands behind a verb is a choice from a menu:
// "1 for menu", "with YES to confirm".
func chooses(behind []string) bool {
	for len(behind) > 1 && (with[behind[0]] || chosen[behind[0]]) {
		behind = behind[1:]
	}
	if len(behind) == 0 || !choices[behind[0]] && (len(behind[0]) > 2 || !allDigits(behind[0])) {
		return false
	}
	return len(behind) == 1 || !typed[behind[1]]
}

func allDigits(word string) bool { return strings.Trim(word, "0123456789") == "" }
