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
		{"They are at 60 Harbor Street, Brooklyn. +1", "60 Harbor Street, Brooklyn"},
		{"10944 San Carlos Avenue # 800 called X", "10944 San Carlos Avenue # 800"},
		{"855 El Camino Real Building #1 Suite #3", "855 El Camino Real Building #1 Suite #3"},
		{"at 1 Union Circle Northwest, Washington, District of Columbia 20037, United States", "1 Union Circle Northwest, Washington, District of Columbia 20037, United States"},
		{"110 Harbour Street, The Rocks New South Wales 2000, Australia", "110 Harbour Street, The Rocks New South Wales 2000, Australia"},
		{"939 Lakeside Boulevard E.", "939 Lakeside Boulevard E"},
		{"16250 East 14th Street, is that correct?", "16250 East 14th Street"},
		{"4812, 1144 Valley Avenue", "4812, 1144 Valley Avenue"},
		{"123-01 Roosevelt Avenue", "123-01 Roosevelt Avenue"},
		{"1600 east maple avenue springfield il 62704 call me", "1600 east maple avenue springfield il 62704"},
		{"7504 taylor drive springfield ny 11238", "7504 taylor drive springfield ny 11238"},
		{"75 taylor drive", "75 taylor drive?"},
		{"from 12 Main Street to 40 Oak Avenue", "12 Main Street|40 Oak Avenue"},
		{"221B Baker Street, London NW1 6XE", "221B Baker Street, London NW1 6XE"},
		{"Flat 4, 10 Downing Street, London", "Flat 4, 10 Downing Street, London"},
		{"10 rue de la Paix, 75002 Paris", "10 rue de la Paix, 75002 Paris"},
		{"6 Rue Gustave Eiffel, 75017", "6 Rue Gustave Eiffel, 75017"},
		{"C/ Mayor 5, Madrid", "C/ Mayor 5, Madrid"},
		{"vivo en c/Mayor 5", "c/Mayor 5"},
		{"Calle Mayor 5, 28013 Madrid", "Calle Mayor 5, 28013 Madrid"},
		{"Carrera 7 # 71-21, Bogotá", "Carrera 7 # 71-21, Bogotá"},
		{"Rua das Flores, nº 123 - Centro", "Rua das Flores, nº 123 - Centro"},
		{"Avenida Almirante Barroso, 365 - Centro", "Avenida Almirante Barroso, 365 - Centro"},
		{"Via Roma 12, 00184 Roma", "Via Roma 12, 00184 Roma"},
		{"Hauptstraße 12a, 10115 Berlin", "Hauptstraße 12a, 10115 Berlin"},
		{"ich wohne in der goethestr. 5 in Köln", "goethestr. 5"},
		{"Alte Straße 3", "Alte Straße 3"},
		{"Keizersgracht 123, 1015 CJ Amsterdam", "Keizersgracht 123, 1015 CJ Amsterdam"},
		{"Jalan Sudirman No. 12, Jakarta", "Jalan Sudirman No. 12, Jakarta"},
		{"6448 California 2", "6448 California 2?"},
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
		{"I DECIDED 2 GO N E WAY IM BROKE", "2 GO N E WAY?"},
		{"12 ELM STREET", "12 ELM STREET"},
		{"contact 789 456 1233 address 2465 elm turnpike", "2465 elm turnpike"},
		{"1 Hotel Central Park is nice", ""},
		{"1 room at 1 Hotel Central Park", ""},
		{"one of these 2. Try Cross Pointe", ""},
		{"Lakeside Gardens Apartments on 73 North Elm Avenue", "73 North Elm Avenue"},
		{"Alameda Gardens Apartments on 73 North Elm Avenue", "73 North Elm Avenue"},
		{"14583 Big Basin Way # 2A", "14583 Big Basin Way # 2A"},
		{"1101 South Elm Boulevard # I202.", "1101 South Elm Boulevard # I202"},
		{"17705 Hale Avenue A-5. and", "17705 Hale Avenue A-5"},
		{"1546 Maurice lane", "1546 Maurice lane"},
		{"5100 Vista grande Dr", "5100 Vista grande Dr"},
		{"to 400 east remington drive with", "400 east remington drive"},
		{"1455 Southwest Broadway with", "1455 Southwest Broadway"},
		{"539 n 1 st street springfield tx 78701", "539 n 1 st street springfield tx 78701"},
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
