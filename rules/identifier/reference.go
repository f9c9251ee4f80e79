package identifier

// parcel checks the number of a parcel. UPS: "1Z", shipper, service, package and
// a check digit over what follows 1Z, in which letters count modulo 10 from A =
// 2 (UPS tracking number format). Universal Postal Union (S10): two letters,
// eight digits with weights 8 6 4 2 3 5 9 7, a check digit, the country.
func parcel(value string) bool {
	switch len(value) {
	case 18:
		return upsParcel(value)
	case 13:
		return postalParcel(value)
	}
	return false
}

func upsParcel(value string) bool {
	if value[:2] != "1Z" || !alphanumeric(value, 18) || !numeric(value[8:], 10) {
		return false
	}
	sum := 0
	for i := 2; i < 17; i++ {
		number := int(value[i] - '0')
		if value[i] >= 'A' {
			number = (int(value[i]-'A') + 2) % 10
		}
		if i%2 == 1 {
			number *= 2
		}
		sum += number
	}
	return (10-sum%10)%10 == digitAt(value, 17)
}

func postalParcel(value string) bool {
	if !alphabetic(value[:2]) || !numeric(value[2:11], 9) || !oneOf(countries, value[11:]) {
		return false
	}
	check := 11 - weighted(value[2:], 8, 6, 4, 2, 3, 5, 9, 7)%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	return check == digitAt(value, 10)
}
