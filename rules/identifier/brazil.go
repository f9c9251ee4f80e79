package identifier

func brazil() map[string]Check {
	return map[string]Check{
		"br_cpf": brCPF, "br_cnpj": brCNPJ, "br_pis": brPIS, "br_titulo": brTitulo, "br_cnh": brCNH, "br_cns": brCNS,
	}
}

// brDigit is the check digit that Brazilian numbers make of a weighted sum: 11
// less the remainder by 11, and 0 where that has two digits.
func brDigit(sum int) int {
	if sum%11 < 2 {
		return 0
	}
	return 11 - sum%11
}

// brCPF checks a taxpayer number of a person: nine digits and two check digits
// (Receita Federal, Instrução Normativa RFB 2172/2024, and its "Cálculo do
// dígito verificador"). Eleven equal digits are never issued.
func brCPF(value string) bool {
	return numeric(value, 11) && !uniform(value) &&
		brDigit(weighted(value, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(value, 9) &&
		brDigit(weighted(value, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(value, 10)
}

// brCNPJ checks a number of the registry of legal persons: twelve digits or,
// from July 2026, letters too, and two check digits; a character is worth its
// ASCII code less 48 (Instrução Normativa RFB 2229/2024, annex XV).
func brCNPJ(value string) bool {
	if !alphanumeric(value, 14) || !numeric(value[12:], 2) || uniform(value) {
		return false
	}
	return brDigit(cnpjSum(value[:12])) == digitAt(value, 12) && brDigit(cnpjSum(value[:13])) == digitAt(value, 13)
}

// cnpjSum weighs the characters from the right with 2 … 9, 2 …
func cnpjSum(value string) int {
	sum := 0
	for i := range len(value) {
		sum += int(value[len(value)-1-i]-'0') * (i%8 + 2)
	}
	return sum
}

// brPIS checks a worker's number, PIS, PASEP, NIT or NIS: ten digits and a check
// digit (Caixa Econômica Federal, "Cadastro NIS").
func brPIS(value string) bool {
	return numeric(value, 11) && !uniform(value) &&
		brDigit(weighted(value, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(value, 10)
}

// brTitulo checks a voter's number: eight digits, the state (01 to 28, 28 is
// abroad) and two check digits, where São Paulo and Minas Gerais write 1 for a
// remainder of 0 (Tribunal Superior Eleitoral, Resolução 21.538/2003, article
// 12).
func brTitulo(value string) bool {
	if !numeric(value, 12) || !within(value[8:10], "01", "28") {
		return false
	}
	digit := func(sum int) int {
		remainder := sum % 11
		if remainder == 0 && within(value[8:10], "01", "02") {
			return 1
		}
		return remainder % 10
	}
	first := digit(weighted(value, 2, 3, 4, 5, 6, 7, 8, 9))
	return first == digitAt(value, 10) && digit(weighted(value[8:], 7, 8, 9)) == digitAt(value, 11)
}

// brCNH checks the registry number of a driving licence: nine digits and two
// check digits, of which the first lowers the second by 2 when it had two digits
// (Conselho Nacional de Trânsito, Resolução 598/2016; Denatran, RENACH manual).
func brCNH(value string) bool {
	if !numeric(value, 11) || uniform(value) {
		return false
	}
	first, lower := weighted(value, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11, 0
	if first == 10 {
		first, lower = 0, 2
	}
	second := weighted(value, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 - lower
	switch {
	case second == 10:
		second = 0
	case second < 0:
		second += 11
		second %= 10
	}
	return first == digitAt(value, 9) && second == digitAt(value, 10)
}

// brCNS checks a card of the public health system: fifteen digits that begin
// with 1 or 2, provisional ones with 7, 8 or 9, and whose sum over 15 … 1 is a
// multiple of 11 (DATASUS, "Rotina de validação do número do CNS").
func brCNS(value string) bool {
	if !numeric(value, 15) || !oneOf("1 2 7 8 9", value[:1]) {
		return false
	}
	return weighted(value, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
