package address

// unitFirst reads "Flat 4, 10 Downing Street" and "H.No. 12, 3rd Cross, …".
func (r *reader) unitFirst() (after int, sure bool) {
	at := 1
	for at < len(r.list) && at < 3 && numberWords[r.list[at].word] {
		at++
	}
	if at >= len(r.list) || !r.list[at].listed() || r.list[at].digits == 0 && len(r.list[at].word) > 1 || len(r.list[at].word) > 8 {
		return 0, false
	}
	at++
	for tries := 0; tries < 4 && at < len(r.list) && r.list[at].listed(); tries++ {
		if r.list[at].house() {
			if after, sure = r.numberFirst(at + 1); after > 0 {
				return after, sure
			}
		}
		after, kind := r.phrase(at)
		if after == at {
			break
		}
		at = after
		if kind {
			return at, true
		}
	}
	return 0, false
}

// phrase reads the words up to the next comma and tells whether they end in the
// kind of a street or a quarter.
func (r *reader) phrase(at int) (after int, kind bool) {
	for i := at; i < len(r.list) && i < at+maxName; i++ {
		if i > at && !r.near(i) {
			return i, kind
		}
		if notNames[r.list[i].word] {
			return i, kind
		}
		kind = i > at && (clearKinds[r.list[i].word] || otherKinds[r.list[i].word])
		after = i + 1
	}
	return after, kind
}

// kindFirst reads "Calle Mayor 5", "Rua das Flores, nº 123", "Jalan Sudirman No.
// 12", "Carrera 7 # 71-21".
func (r *reader) kindFirst() (after int, sure bool) {
	clear, known := romance[r.list[0].word]
	if !known {
		return 0, false
	}
	titles, names := 0, 0
	for i := 1; i < len(r.list) && i <= maxName+2; i++ {
		t := r.list[i]
		if numberWords[t.word] && i+1 < len(r.list) && r.list[i+1].house() && names > 0 {
			return r.grid(i + 2), clear || titles > 0 || r.list[i-1].house()
		}
		if t.house() && !t.ordinal() && (names > 0 || t.gap == " " && r.list[0].title) {
			if names == 0 && !(i+1 < len(r.list) && (r.list[i+1].word == "#" || numberWords[r.list[i+1].word])) {
				return 0, false
			}
			if names == 0 {
				names++
				continue
			}
			return r.grid(i + 1), clear || titles == names && r.list[0].title
		}
		if !t.near() || media[t.word] || notNames[t.word] && !particles[t.word] && !articles[t.word] {
			return 0, false
		}
		if particles[t.word] || articles[t.word] {
			continue
		}
		names++
		if t.title {
			titles++
		}
	}
	return 0, false
}

// grid reads the second number of a Colombian address: "# 8A-49", "No. 71 - 21".
func (r *reader) grid(at int) int {
	if at < len(r.list) && r.list[at].gap == " - " && r.list[at].number() {
		return at + 1
	}
	return at
}

// oneWord reads "Hauptstraße 12a", "Goethestr. 5", "Keizersgracht 123", "Alte
// Straße 3".
func (r *reader) oneWord() (after int, sure bool) {
	at := 0
	if r.near(2) && r.list[2].digits > 0 && r.list[0].title && r.list[1].title && r.near(1) && bare(r.list[1]) {
		at = 1
	}
	if !r.near(at+1) || r.list[at+1].digits == 0 {
		return 0, false
	}
	t := r.list[at]
	clear, ok := suffixed(t)
	if ok = ok || at == 1; !ok || !r.near(at+1) {
		return 0, false
	}
	number := r.list[at+1]
	if !number.house() || number.digits > 4 || number.ordinal() {
		return 0, false
	}
	after = at + 2
	if r.near(after) && len(r.list[after].word) == 1 && r.list[after].digits == 0 && !r.list[after].title {
		after++ // "12 b"
	}
	return after, at == 1 || clear && (t.title || len(t.word) > 7) || t.title && len(t.word) > 6
}

// bare tells whether a word is nothing but a kind of street.
func bare(t token) bool {
	for _, s := range suffixes {
		if t.word == s.text && s.clear {
			return true
		}
	}
	return false
}

// suffixed tells whether a word ends in the kind of a street.
func suffixed(t token) (clear, ok bool) {
	if len(t.word) > maxLetters {
		return false, false
	}
	for _, s := range suffixes {
		if n := len(t.word) - len(s.text); n >= 2 && t.word[n:] == s.text {
			return s.clear, true
		}
	}
	return false, false
}
