package address

import (
	"strings"
	"testing"
)

// TestFind gives what is found in each text, with ? after what is not sure.
func TestFind(t *testing.T) {
	tests := []struct{ text, want string }{
		{"I live at 12 Main Street, Apt 4, Springfield, IL 62704. Thanks", "12 Main Street, Apt 4, Springfield, IL 62704"},
		{"12 Main Street, John will come", "12 Main Street"},
		{"They are at 70 Harbor Street, Brooklyn. +1", "70 Harbor Street, Brooklyn"},
		{"2718 San Felipe Avenue # 300 called X", "2718 San Felipe Avenue # 300"},
		{"314 El Camino Alto Building #2 Suite #7", "314 El Camino Alto Building #2 Suite #7"},
		{"at 3 Union Circle Northwest, Washington, District of Columbia 20005, United States", "3 Union Circle Northwest, Washington, District of Columbia 20005, United States"},
		{"220 Harbour Street, The Gap New South Wales 2000, Australia", "220 Harbour Street, The Gap New South Wales 2000, Australia"},
		{"808 Lakeside Boulevard W.", "808 Lakeside Boulevard W"},
		{"4250 East 31st Street, is that correct?", "4250 East 31st Street"},
		{"3141, 2718 Valley Avenue", "3141, 2718 Valley Avenue"},
		{"44-02 Franklin Avenue", "44-02 Franklin Avenue"},
		{"1600 east maple avenue springfield il 62704 call me", "1600 east maple avenue springfield il 62704"},
		{"6021 walnut drive springfield ny 10001", "6021 walnut drive springfield ny 10001"},
		{"75 walnut drive", "75 walnut drive?"},
		{"from 12 Main Street to 40 Oak Avenue", "12 Main Street|40 Oak Avenue"},
		{"221B Baker Street, London NW1 6XE", "221B Baker Street, London NW1 6XE"},
		{"Flat 4, 10 Downing Street, London", "Flat 4, 10 Downing Street, London"},
		{"10 rue de la Paix, 75002 Paris", "10 rue de la Paix, 75002 Paris"},
		{"8 Rue Gustave Flaubert, 75009", "8 Rue Gustave Flaubert, 75009"},
		{"C/ Mayor 5, Madrid", "C/ Mayor 5, Madrid"},
		{"vivo en c/Mayor 5", "c/Mayor 5"},
		{"Calle Mayor 5, 28013 Madrid", "Calle Mayor 5, 28013 Madrid"},
		{"Carrera 7 # 71-21, Bogotá", "Carrera 7 # 71-21, Bogotá"},
		{"Rua das Flores, nº 123 - Centro", "Rua das Flores, nº 123 - Centro"},
		{"Avenida Rio Branco, 156 - Centro", "Avenida Rio Branco, 156 - Centro"},
		{"Via Roma 12, 00184 Roma", "Via Roma 12, 00184 Roma"},
		{"Hauptstraße 12a, 10115 Berlin", "Hauptstraße 12a, 10115 Berlin"},
		{"ich wohne in der goethestr. 5 in Köln", "goethestr. 5"},
		{"Alte Straße 3", "Alte Straße 3"},
		{"Keizersgracht 123, 1015 CJ Amsterdam", "Keizersgracht 123, 1015 CJ Amsterdam"},
		{"Jalan Sudirman No. 12, Jakarta", "Jalan Sudirman No. 12, Jakarta"},
		{"7001 Oregon 3", "7001 Oregon 3?"},
		{"12/3 MG Road, Pune 411001", "12/3 MG Road, Pune 411001"},
		{"Flat No 302, Lake View Apartments, MG Road, Pune 411001", "Flat No 302, Lake View Apartments, MG Road, Pune 411001"},
		{"", ""},
		{"a table for 2 on the street side", ""},
		{"a 5 minute drive", ""},
		{"$20 Main Street gift card", ""},
		{"via email 5", ""},
		{"2 more ways", ""},
		{"bring 3 of them", ""},
		{"on March 3 Main Street was closed", "3 Main Street"},
		{"1 usb drive", ""},
		{"WE WANT 2 GO N E WAY SOON", "2 GO N E WAY?"},
		{"12 ELM STREET", "12 ELM STREET"},
		{"contact 202 555 0143 address 3141 elm turnpike", "3141 elm turnpike"},
		{"3 Hotel Harbour Square is nice", ""},
		{"1 room at 3 Hotel Harbour Square", ""},
		{"one of these 2. Try Cross Landing", ""},
		{"Lakeside Gardens Apartments on 73 North Elm Avenue", "73 North Elm Avenue"},
		{"Alameda Gardens Apartments on 73 North Elm Avenue", "73 North Elm Avenue"},
		{"2718 Big Canyon Way # 4B", "2718 Big Canyon Way # 4B"},
		{"3100 South Elm Boulevard # K107.", "3100 South Elm Boulevard # K107"},
		{"31415 Oak Avenue B-7. and", "31415 Oak Avenue B-7"},
		{"2718 Margaret lane", "2718 Margaret lane"},
		{"3141 Vista bonita Dr", "3141 Vista bonita Dr"},
		{"to 500 west lexington drive with", "500 west lexington drive"},
		{"2020 Northwest Broadway with", "2020 Northwest Broadway"},
		{"271 n 3 rd street springfield tx 78701", "271 n 3 rd street springfield tx 78701"},
		{strings.Repeat("1 A ", 500), ""},
	}
	for _, test := range tests {
		var got []string
		for _, found := range Find(test.text) {
			text := test.text[found.Start:found.End]
			if !found.Sure {
				text += "?"
			}
			got = append(got, text)
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q:\n got  %q\n want %q", test.text, strings.Join(got, "|"), test.want)
		}
	}
}

// FuzzFind wants spans inside the text, ordered, disjoint, on whole characters.
func FuzzFind(f *testing.F) {
	for _, text := range []string{"12 Main Street, Apt 4, Springfield, IL 62704", "Calle Mayor 5", "Hauptstraße 12a", "Flat 4, 10 Downing Street", "#1 # 2 é 3 Ave", "\xff12 Main St"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, found := range Find(text) {
			if found.Start < at || found.End <= found.Start || found.End > len(text) {
				t.Fatalf("%v after %d of %d bytes", found, at, len(text))
			}
			at = found.End
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := "Please send it to 1600 East Maple Avenue, Apt 12, Springfield, IL 62704, and call me when you are there."
	b.ReportAllocs()
	for b.Loop() {
		Find(text)
	}
}
