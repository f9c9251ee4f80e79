package identifier

import "strings"

func centralAmerica() map[string]Check {
	return map[string]Check{
		"cr_cpf": crPerson, "cr_cpj": crCompany, "cr_dimex": crDIMEX, "cu_ni": cuNI,
		"do_cedula": doCedula, "do_rnc": doRNC, "gt_nit": gtNIT, "gt_cui": gtCUI,
		"hn_dni": hnDNI, "ni_cedula": niCedula, "sv_dui": svDUI, "sv_nit": svNIT,
	}
}

// crPerson checks an identity number of Costa Rica: province 1 to 9, volume and
// entry; the printed form has a 0 before it. There is no check digit (Tribunal
// Supremo de Elecciones; Ministerio de Hacienda, "Formato de cédulas").
func crPerson(value string) bool {
	return numeric(value, 10) && value[0] == '0' && value[1] != '0' ||
		numericUpTo(value, 7, 9) && value[0] != '0'
}

// crClasses are the classes of legal persons of Costa Rica (Registro Nacional,
// "Clases y tipos de cédulas jurídicas"): the first digit and the next three.
const crClasses = "2100 2200 2300 2400 3002 3003 3004 3005 3006 3007 3008 3009 3010 3011 3012 3013 3014 " +
	"3101 3102 3103 3104 3105 3106 3107 3108 3109 3110 4000 5001"

func crCompany(value string) bool {
	return numeric(value, 10) && oneOf(crClasses, value[:4])
}

// crDIMEX checks a number of a foreign resident of Costa Rica: eleven or twelve
// digits that begin with 1 (Dirección General de Migración y Extranjería).
func crDIMEX(value string) bool {
	return numericUpTo(value, 11, 12) && value[0] == '1' && !uniform(value)
}

// cuNI checks an identity number of Cuba: date of birth, century digit, number
// (Dirección de Identificación, "Número de identidad permanente").
func cuNI(value string) bool {
	return numeric(value, 11) && dateAs(value[:2], value[2:4], value[4:6])
}

// doCedula checks an identity number of the Dominican Republic: municipality,
// number, Luhn digit (Junta Central Electoral). Some hundred numbers were
// issued with a wrong digit.
func doCedula(value string) bool {
	return numeric(value, 11) && luhnPasses(value) && !uniform(value)
}

// doRNC checks a taxpayer number of the Dominican Republic (Dirección General
// de Impuestos Internos): modulo 11 over 7 9 8 6 5 4 3 2.
func doRNC(value string) bool {
	return numeric(value, 9) && !uniform(value) &&
		(10-weighted(value, 7, 9, 8, 6, 5, 4, 3, 2)%11)%9+1 == digitAt(value, 8)
}

// gtNIT checks a taxpayer number of Guatemala: up to eleven digits and a check
// digit or K (Superintendencia de Administración Tributaria, "FEL: reglas y
// validaciones", 2.1).
func gtNIT(value string) bool {
	if len(value) < 4 || len(value) > 12 {
		return false
	}
	body, last := value[:len(value)-1], value[len(value)-1]
	return numericUpTo(body, 3, 11) && !uniform(value) && "0123456789K"[(11-rising(body, 12)%11)%11] == last
}

// gtCUI checks a code of the personal document of Guatemala: eight digits, a
// check digit, department 01 to 22 and municipality (RENAP, "CUI").
func gtCUI(value string) bool {
	return numeric(value, 13) && within(value[9:11], "01", "22") && within(value[11:], "01", "40") &&
		weighted(value, 2, 3, 4, 5, 6, 7, 8, 9)%11 == digitAt(value, 8)
}

// hnDNI checks an identity number of Honduras: department 01 to 18,
// municipality, year of birth, number (Registro Nacional de las Personas). The
// tax number has one digit more.
func hnDNI(value string) bool {
	if numeric(value, 14) {
		value = value[:13]
	}
	return numeric(value, 13) && within(value[:2], "01", "18") && within(value[2:4], "01", "28") &&
		within(value[4:8], "1900", "2039")
}

// niCedula checks an identity number of Nicaragua: municipality, date of birth,
// number and a letter by modulo 23 (Consejo Supremo Electoral).
func niCedula(value string) bool {
	if len(value) != 14 || !numeric(value[:13], 13) || !dateAs(value[7:9], value[5:7], value[3:5]) {
		return false
	}
	remainder := 0
	for i := range 13 {
		remainder = (remainder*10 + digitAt(value, i)) % 23
	}
	return "ABCDEFGHJKLMNPQRSTUVWXY"[remainder] == value[13]
}

// svDUI checks an identity number of El Salvador: eight digits and a check digit
// by modulo 10 over 9 … 2 (Registro Nacional de las Personas Naturales).
func svDUI(value string) bool {
	return numeric(value, 9) && !uniform(value) &&
		(10-weighted(value, 9, 8, 7, 6, 5, 4, 3, 2)%10)%10 == digitAt(value, 8)
}

// svNIT checks a taxpayer number of El Salvador: municipality (9 abroad), date,
// number and a check digit, whose weights changed with number 101 (Ministerio de
// Hacienda). The country's letters may stand before it.
func svNIT(value string) bool {
	value = strings.TrimPrefix(value, "SV")
	if !numeric(value, 14) || !oneOf("0 1 9", value[:1]) {
		return false
	}
	if value[10:13] <= "100" {
		return weighted(value, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11%10 == digitAt(value, 13)
	}
	return (11-weighted(value, 2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11%10 == digitAt(value, 13)
}

func southAmerica() map[string]Check {
	return map[string]Check{
		"ar_cuit": arCUIT, "cl_rut": clRUT, "co_nit": coNIT, "co_nuip": coNUIP, "ec_cedula": ecCedula, "ec_ruc": ecRUC,
		"pe_cui": peCUI, "pe_ruc": peRUC, "py_ruc": pyRUC, "uy_ci": uyCI, "uy_rut": uyRUT, "ve_rif": veRIF,
	}
}

// arCUIT checks a tax or labour number of Argentina, CUIT, CUIL or CDI: type,
// document, check digit (ARCA, Resolución General 10/1997 and "Códigos de tipo").
func arCUIT(value string) bool {
	if !numeric(value, 11) || !oneOf("20 23 24 25 26 27 30 33 34 50 51 55", value[:2]) {
		return false
	}
	remainder := weighted(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	return "09987654321"[remainder] == value[10]
}

// clRUT checks a number of Chile, RUT or RUN: up to eight digits and a check
// digit or K by modulo 11 over 2 … 7 (Servicio de Registro Civil, Decreto con
// fuerza de ley 3 of 1969).
func clRUT(value string) bool {
	if len(value) < 7 || len(value) > 9 {
		return false
	}
	body, last := value[:len(value)-1], value[len(value)-1]
	return numericUpTo(body, 6, 8) && body[0] != '0' && "0K987654321"[rising(body, 7)%11] == last
}

// coWeights are the weights of a Colombian number, from the right (DIAN, Orden
// Administrativa 4 of 1989).
var coWeights = [15]int{3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71}

// coNIT checks a taxpayer number of Colombia: six to ten digits and a check
// digit.
func coNIT(value string) bool {
	if !numericUpTo(value, 7, 11) || uniform(value) {
		return false
	}
	sum := 0
	for i := range len(value) - 1 {
		sum += digitAt(value, len(value)-2-i) * coWeights[i]
	}
	return "01987654321"[sum%11] == value[len(value)-1]
}

// coNUIP checks an identity number of Colombia: six to eight digits, or ten that
// begin with 10, 11 or 12 since 2003 (Registraduría Nacional). There is no check
// digit.
func coNUIP(value string) bool {
	return numericUpTo(value, 6, 8) && value[0] != '0' || numeric(value, 10) && within(value[:2], "10", "12")
}

// ecProvince tells whether a value begins with a province of Ecuador: 01 to 24,
// or 30 for Ecuadorians abroad.
func ecProvince(value string) bool {
	return within(value[:2], "01", "24") || value[:2] == "30"
}

// ecCedula checks an identity number of Ecuador: province, a digit up to 6,
// number, check digit (Registro Civil; modulo 10 over 2 1 2 1 …).
func ecCedula(value string) bool {
	return numeric(value, 10) && ecProvince(value) && value[2] <= '6' && luhnPasses(value) && !uniform(value)
}

// ecRUC checks a taxpayer number of Ecuador: an identity number, or that of a
// public (third digit 6) or private (9) body, and an establishment (Servicio de
// Rentas Internas, "Guía: dígito verificador"; modulo 11).
func ecRUC(value string) bool {
	if !numeric(value, 13) || !ecProvince(value) || value[10:] == "000" {
		return false
	}
	return value[2] == '9' && weighted(value, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 ||
		value[2] == '6' && weighted(value, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 && value[9:] != "0000" ||
		ecCedula(value[:10])
}

// peCUI checks an identity number of Peru with its check character, a digit or
// a letter (RENIEC, "Código único de identificación").
func peCUI(value string) bool {
	if len(value) != 9 || !numeric(value[:8], 8) {
		return false
	}
	remainder := weighted(value, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	return "65432110987"[remainder] == value[8] || "KJIHGFEDCBA"[remainder] == value[8]
}

// peRUC checks a taxpayer number of Peru: kind of taxpayer, number, check digit
// (SUNAT, "Algoritmo del dígito verificador del RUC").
func peRUC(value string) bool {
	return numeric(value, 11) && oneOf("10 15 16 17 20", value[:2]) &&
		(11-weighted(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == digitAt(value, 10)
}

// pyRUC checks a taxpayer number of Paraguay: an identity number or, for
// companies, one above 80000000, and a check digit (Subsecretaría de Estado de
// Tributación, "Dígito verificador").
func pyRUC(value string) bool {
	if !numericUpTo(value, 5, 9) || uniform(value) {
		return false
	}
	body := value[:len(value)-1]
	return (11-rising(body, 11)%11)%11%10 == digitAt(value, len(body))
}

// uyCI checks an identity number of Uruguay: six or seven digits and a check
// digit by modulo 10 over 2 9 8 7 6 3 4 (Dirección Nacional de Identificación
// Civil).
func uyCI(value string) bool {
	if !numericUpTo(value, 7, 8) || uniform(value) {
		return false
	}
	padded := strings.Repeat("0", 8-len(value)) + value
	return (10-weighted(padded, 2, 9, 8, 7, 6, 3, 4)%10)%10 == digitAt(padded, 7)
}

// uyRUT checks a taxpayer number of Uruguay: office 01 to 22, number, 001, check
// digit (AGESIC, "Modelo de referencia de persona", RUT; modulo 11). The
// country's letters may stand before it.
func uyRUT(value string) bool {
	value = strings.TrimPrefix(value, "UY")
	return numeric(value, 12) && within(value[:2], "01", "22") && value[2:8] != "000000" && value[8:11] == "001" &&
		(11-weighted(value, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11 == digitAt(value, 11)
}

// veRIF checks a taxpayer number of Venezuela: V citizen, E foreigner, J company,
// P passport, G state, C commune, eight digits and a check digit (SENIAT,
// Providencia 0073; modulo 11).
func veRIF(value string) bool {
	if len(value) != 10 || !numeric(value[1:], 9) {
		return false
	}
	kind := strings.IndexByte("VEJPG", value[0])
	if value[0] == 'C' {
		kind = 2
	}
	if kind < 0 {
		return false
	}
	sum := 4*(kind+1) + weighted(value[1:], 3, 2, 7, 6, 5, 4, 3, 2)
	return "00987654321"[sum%11] == value[9]
}
