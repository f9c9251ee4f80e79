package identifier

import (
	"math"
	"strings"
)

// secrets returns the checks of what opens something, and of references.
func secrets() map[string]Check {
	return map[string]Check{"parcel": parcel, "password": password, "random_key": randomKey}
}

const (
	// leastRandomBits is the entropy that tells a random key from words and
	// numbers, in bits a character. Sixteen characters hold at most 4; English
	// run together stays near 3, random base 36 is above 3.3.
	leastRandomBits   = 3.0
	shortestRandomKey = 16
)

// randomKey tells whether value looks like a key that a machine drew: sixteen
// letters and digits or more, of both kinds, hardly repeated (C. E. Shannon, A
// Mathematical Theory of Communication, 1948, for the measure).
func randomKey(value string) bool {
	if len(value) < shortestRandomKey || !alphanumeric(value, len(value)) {
		return false
	}
	var counts [36]int
	digits := 0
	for i := range len(value) {
		counts[base36(value[i])]++
		if value[i] <= '9' {
			digits++
		}
	}
	if digits < 2 || digits > len(value)-2 {
		return false
	}
	bits := 0.0
	for _, count := range counts {
		if count > 0 {
			share := float64(count) / float64(len(value))
			bits -= share * math.Log2(share)
		}
	}
	return bits >= leastRandomBits
}

// aboutPasswords are words that people put where a password could stand, in the
// compact form of English, Spanish, Portuguese, French, German, Italian, Hindi
// and Indonesian: what a password is like, what happened to it, and answers to
// the question for one. Letters with accents are not in the compact form.
const aboutPasswords = " A AN THE MY YOUR HIS HER OUR THEIR IT ITS THIS THAT THESE THOSE NOT NO NOPE NEVER YES YEAH YEP OK OKAY SURE FINE " +
	"WRONG INCORRECT INVALID CORRECT RIGHT VALID EXPIRED EXPIRING BLOCKED LOCKED UNLOCKED LOST FORGOTTEN FORGOT STOLEN HACKED COMPROMISED LEAKED " +
	"REQUIRED NEEDED RESET RESETTING BEING STILL ALSO TOO VERY SAME NOW JUST ONLY REALLY ALREADY ALWAYS PROBABLY MAYBE SAFE SECURE SAVED STORED " +
	"WORKING BROKEN CHANGED CHANGING UPDATED UPDATING SET UNKNOWN MISSING WEAK STRONG SHORT LONG SIMPLE EASY HARD DIFFERENT SOMETHING ANYTHING NOTHING " +
	"WHAT WHY WHO HOW WHEN WHERE WHICH IN ON AT TO FOR FROM OF AND BUT OR SO IF AS BY WITH WITHOUT ASKING GETTING SHOWING COMING GOING CASE MORE OLD NEW " +
	"GOOD BAD GREAT GONE IMPORTANT SENT GIVEN PRIVATE SECRET HIDDEN PERSONAL CONFIDENTIAL REJECTED REFUSED ACCEPTED DENIED ENTERED EMPTY BLANK NULL NONE " +
	"DISABLED ENABLED DEACTIVATED TEMPORARY PERMANENT DEFAULT PROTECTED ENCRYPTED FAILING FAILED ISNT DOESNT CANT WONT DIDNT " +
	"HELLO HELP PLEASE THANKS THANK STOP CANCEL QUIT SKIP BACK MENU AGENT HUMAN SORRY WAIT LATER HERE THERE YOU ME US I WE THEY CHARACTERS LETTERS DIGITS " +
	"INCORRECTA INCORRECTO CORRECTA ERRNEA ERRONEA INVALIDA INVLIDA EQUIVOCADA MALA BLOQUEADA CADUCADA VENCIDA EXPIRADA OLVIDADA PERDIDA NUEVA VIEJA MISMA LA EL UNA UN MUY DEMASIADO MI TU SU QUE QU CMO POR PARA SEGURA FUERTE DBIL SI HOLA GRACIAS AYUDA CANCELAR NUNCA " +
	"INCORRETA ERRADA CORRETA ESQUECIDA NO O UMA UM MUITO MESMA MINHA SUA NOVA FRACA SIM OL OLA OBRIGADO OBRIGADA AJUDA CANCELAR " +
	"INCORRECT INCORRECTE INVALIDE BLOQU BLOQUE EXPIR EXPIRE OUBLI OUBLIE PERDU MAUVAIS FAUX BON PAS LE UN UNE TROP TRS MON VOTRE OUI NON BONJOUR MERCI AIDE ANNULER QUOI POURQUOI OBLIGATOIRE REQUIS " +
	"FALSCH RICHTIG GESPERRT ABGELAUFEN VERGESSEN VERLOREN UNGLTIG UNGUELTIG GEHACKT WEG ZU ZUM DAS DER DIE DEIN IHR MEIN NICHT NEIN JA LEIDER NOCH SEHR NEU ALT GLEICH HALLO DANKE HILFE ABBRECHEN WAS WARUM ERFORDERLICH SICHER " +
	"SBAGLIATA ERRATA CORRETTA SCADUTA BLOCCATA DIMENTICATA PERSA NON IL LO TROPPO MOLTO MIA TUA SUA NUOVA VECCHIA STESSA CIAO GRAZIE AIUTO ANNULLA COSA PERCH PERCHE SICURA RICHIESTA " +
	"SALAH BENAR LUPA HILANG TIDAK BUKAN SUDAH BELUM APA KENAPA YANG SAYA ANDA BARU LAMA SAMA IYA TERIMA BATAL BANTUAN TERBLOKIR KADALUARSA " +
	"NAHI NAHIN GALAT SAHI BHOOL KYA KYU KYUN KAISE MERA MERI TERA APKA AAPKA HAI HAAN NAYA PURANA YAAD BADAL "

// shortestPassword counts what the compact form keeps of a password.
const shortestPassword = 3

// password tells whether value may be a password: letters and digits that are
// not a word about passwords.
func password(value string) bool {
	return len(value) >= shortestPassword && alphanumeric(value, len(value)) && !strings.Contains(aboutPasswords, " "+value+" ")
}
