package rules

import "strings"

// topLabels are the top-level domains of most addresses. A word for the @ is
// believed before these only.
var topLabels = fieldSet("com net org edu gov info biz io co me app dev ai tv cc us uk de fr es pt br mx ar cl pe ve ec uy in it nl be ch at pl se no dk fi ie au nz ca za ng ke id my sg ph th vn jp kr cn tw hk ru ua tr gr cz hu ro il ae sa eg pk bd lk eu cat online shop store site live email mail cloud tech world club xyz")

// mailHosts are the first labels of the domains of most private addresses.
var mailHosts = fieldSet("gmail googlemail yahoo ymail rocketmail hotmail outlook live msn icloud aol proton protonmail gmx web tutanota zoho mail yandex qq 163 126 139 rediffmail libero orange wanadoo laposte sfr uol bol terra t-online freenet naver hanmail")

// mailWords announce an address.
var mailWords = fieldSet("email emails mail mails gmail correo courriel mel adresse address indirizzo endereco direccion contact contacto contato kontakt write schreib schreiben escribe escribir escreva ecris ecrire scrivi scrivere mailto surel imel id")

// notLocal are words that stand before "at" in sentences.
var notLocal = fieldSet("me you us him her it them there here this that these those is are was were be been am i im we he she they everything anything something someone everyone one all look looking order ordered orders ordering buy bought buying shop shopping store stores available sold sale found find see seen check work working works worked live lives living arrive arrived online sign login in on off out up down my your our their the a an and or not now only just back time home help meet met mich dich uns ihn sie ist sind yo tu el ella es esta aqui la los las moi toi lui nous vous il elle est sont")

func fieldSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// isTopLabel tells whether a label may end a domain: letters.
func isTopLabel(label []rune) bool {
	for _, r := range label {
		if !isLetter(r) {
			return false
		}
	}
	return len(label) >= 2 && len(label) <= 24
}

// believable tells whether what was read is an address rather than a sentence
// with "at" or @ and the name of a site in it.
func (a *saidAddress) believable() bool {
	b := a.body
	text := b.runes[a.at.start:a.at.end]
	written := len(text) == 1 // a lone @
	leftBlank := !written && isBlank(text[0])
	local, domain := lowerText(b.runes[a.start:a.at.start]), lowerText(b.runes[a.at.end:a.end])
	common := topLabels[domain[strings.LastIndexFunc(domain, func(r rune) bool { return r < 0x80 && !isPlainWord(r) })+1:]]
	if written || a.at.sure || b.runes[a.at.start] == '@' && !leftBlank {
		return common || !a.saidDot
	}
	if !common || notLocal[local] || !strings.ContainsAny(local, "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	host := domain
	if end := strings.IndexAny(domain, ". ([{-_*\n"); end >= 0 {
		host = domain[:end]
	}
	if mailHosts[host] {
		return true
	}
	if !strings.ContainsAny(host, "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	if signs := strings.IndexAny(local, "._+'"); a.saidLocal || signs > 0 && !topLabels[local[strings.LastIndexByte(local, '.')+1:]] {
		return true
	}
	if a.saidDot && (a.start == 0 || b.runes[a.start-1] == '\n' || strings.ContainsAny(local, "0123456789")) {
		return true
	}
	return a.announced()
}

// announced tells whether a word for an address stands within the last words
// before it.
func (a *saidAddress) announced() bool {
	const reach = 40 // characters: five words
	before := lowerText(a.body.runes[max(0, a.start-reach):a.start])
	for _, word := range strings.FieldsFunc(before, func(r rune) bool { return !isLetter(r) && r < 0x80 }) {
		if mailWords[word] {
			return true
		}
	}
	return false
}

// lowerText returns folded text in normal letters.
func lowerText(text []rune) string {
	lowered := make([]rune, len(text))
	for i, r := range text {
		lowered[i] = normalLetter(r)
	}
	return string(lowered)
}
