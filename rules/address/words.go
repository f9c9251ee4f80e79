package address

import "strings"

// set makes a set of the words of a text.
func set(text string) map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(text) {
		words[strings.ReplaceAll(word, "_", " ")] = true
	}
	return words
}

// The lists are lower case and without accents. They never change.
var (
	// clearKinds are kinds of streets that are hardly anything else after a number
	// and a name (US Postal Service, Publication 28, appendix C1).
	clearKinds = set(`street avenue ave av boulevard blvd road rd lane ln highway hwy parkway pkwy terrace crescent
		turnpike expressway expy freeway fwy cul-de-sac`)
	// otherKinds are words of their own too.
	otherKinds = set(`drive st str dr way court ct place pl plaza plz square sq circle cir ter trail trl loop path pike row walk
		alley aly cres close mews gardens gdns grove grv common commons crossing xing landing lndg cove causeway cswy
		esplanade quay wharf park green gate hill ridge rdg point pt rise view run bend bnd mall heights hts manor
		estate estates field fields meadow meadows island springs spgs embankment parade promenade vale parkways
		bypass byp center ctr centre crest fork glen hollow junction jct knoll lake mount mtn oval pass passage
		plain plains ranch shore shores spur stravenue summit trace track via viaduct villa village vista
		marg salai nagar cross main chowk gali bazaar bazar enclave vihar colony layout`)
	// directions stand before or after the name.
	directions = set(`north south east west northeast northwest southeast southwest n s e w ne nw se sw`)
	// leads stand before the name of a street in English text about places with
	// Spanish and French names.
	leads = set(`camino via calle avenida paseo rue avenue boulevard rambla plaza corte vista cours quai rancho alameda
		cerro cabrillo viale corso piazza`)
	// articles stand before a lead or a name.
	articles = set(`el la los las le les l o os a as il lo gli i`)
	// particles stand inside names of other languages, connectors inside any.
	particles = set(`de del della delle dei degli di do da dos das du des d la le les los las y e et van der den von am im
		zum zur st ste saint san santa l`)
	connectors = set(`of the de del della delle dei degli di do da dos das du des d la le les los las el y e et van der
		den von am im zum zur auf upon st ste saint san santa l und`)
	// alone are names that need no kind.
	alone = set(`broadway bowery strand piccadilly embarcadero`)
	// plainKinds are those of the others that say street in lower case too, with a
	// direction before the name.
	plainKinds = set(`drive dr st way court ct place pl circle cir loop trail`)
	// neverNames end the hope for a street even when they begin with a capital.
	neverNames = set(`am pm noon oclock jan feb mar apr jun jul aug sep sept oct nov dec january february march april june
		july august september october november december monday tuesday wednesday thursday friday saturday sunday tomorrow
		today tonight please thanks i we you he she they it is are was were and or but hotel hotels inn motel x gb mb tb try
		minute minutes min mins hour hours day days week weeks month months year years people tickets adults rooms room`)
	// notNames are words that end the hope for a street after a number.
	notNames = set(`the a an my your our their his her its this that these those to of for in on at by is are was were be
		been and or but if so as from with about near off down up into per i we you he she they it me us do does did can
		will would could should have has had get got go going want need like take make more less other another new old
		different same good bad best big small large medium only just way ways lane lanes minute minutes min mins hour
		hours hr hrs day days week weeks month months year years yr yrs second seconds sec secs mile miles km kms meter
		meters metre metres feet ft inch inches block blocks stop stops time times people person persons adult adults
		kid kids child children guest guests ticket tickets seat seats room rooms bed beds bedroom bedrooms item items
		order orders piece pieces pcs dollar dollars usd eur euro euros pound pounds rupees percent am pm noon oclock
		star stars pizza pizzas jan feb mar apr jun jul aug sep sept oct nov dec january february march april june july
		august september october november december monday tuesday wednesday thursday friday saturday sunday tomorrow
		today tonight please thanks
		x gb mb tb mbps wheel nice house houses home called named address adress phone contact
		mobile number name email hotel hotels inn motel usb hard flash disk pen test ssd`)
	// media follow "via" where it is no street.
	media = set(`email e-mail mail whatsapp sms phone text chat telegram messenger app link website web fax post dm instagram
		facebook paypal usb bluetooth wifi api skype zoom`)
	// numberWords stand between a street's name and its number.
	numberWords = set(`no n nr num numero number nomor nº n° no. # n. km`)
	// units name a part of a building (US Postal Service, Publication 28, appendix C2).
	units = set(`apt apartment suite ste unit floor fl flr bldg building room rm flat lot door dept department ph penthouse
		hangar slip spc space trlr tower wing block piso puerta depto departamento apto apartamento bloco bloque escalera
		interno scala etage appartement appt bat batiment stock og wohnung top rt rw blok lantai lt`)
	// openers are units that an address may begin with.
	openers = set(`flat apt apartment unit suite house plot door shop room h d villa bungalow block building tower floor
		quarter qtr`)

	// romance are kinds of streets that stand before the name: Spanish, Portuguese,
	// French, Italian and Indonesian ones. True: no other word in chat.
	romance = map[string]bool{
		"calle": true, "c/": true, "avenida": true, "avda": true, "av": false, "ave": false, "plaza": false, "paseo": false,
		"carrera": false, "cra": true, "kra": true, "cl": false, "camino": false, "carretera": true, "ctra": true,
		"ronda": false, "travesia": true, "calzada": true, "jiron": true, "pasaje": true, "callejon": true, "diagonal": false,
		"transversal": false, "autopista": false, "rua": true, "r": false, "travessa": true, "alameda": true, "praca": true,
		"rodovia": true, "estrada": true, "largo": false, "quadra": false, "viela": true,
		"rue": true, "boulevard": true, "bd": false, "bld": false, "place": false, "chemin": true, "allee": true, "impasse": true,
		"quai": true, "cours": false, "route": false, "square": false, "passage": false, "faubourg": true, "avenue": true,
		"via": false, "viale": true, "piazza": true, "piazzale": true, "corso": true, "vicolo": true, "strada": true,
		"lungomare": true, "contrada": true, "localita": true,
		"jalan": true, "jln": true, "jl": true, "gang": false, "gg": false,
	}

	// suffixes end German, Dutch and Scandinavian street names that hold the kind.
	// True: hardly any other word ends so.
	suffixes = []struct {
		text  string
		clear bool
	}{
		{"strasse", true},
		{"straße", true},
		{"str", true},
		{"gasse", true},
		{"allee", true},
		{"chaussee", true},
		{"platz", false},
		{"weg", false},
		{"damm", false},
		{"ufer", false},
		{"steig", false},
		{"graben", false},
		{"markt", false},
		{"straat", true},
		{"laan", false},
		{"gracht", true},
		{"plein", false},
		{"kade", false},
		{"steeg", true},
		{"singel", false},
		{"dijk", false},
		{"gatan", true},
		{"vagen", false},
		{"gata", true},
		{"gade", false},
		{"veien", true},
		{"vegen", false},
		{"katu", true},
		{"tie", false},
		{"utca", true},
	}
	// maxLetters bounds a suffix name, so that no word is searched for long.
	maxLetters = 40

	states = set(`al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd
		oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy pr vi gu aa ae ap
		on qc bc ab mb sk ns nb nl pe yt nt nu nsw vic qld act tas
		sp rj mg rs ba pr pe ce df go es`)
	stateNames = set(`alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho
		illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri
		montana nebraska nevada new_hampshire new_jersey new_mexico new_york north_carolina north_dakota ohio oklahoma
		oregon pennsylvania rhode_island south_carolina south_dakota tennessee texas utah vermont virginia washington
		west_virginia wisconsin wyoming ontario quebec british_columbia alberta manitoba saskatchewan nova_scotia
		new_south_wales victoria queensland tasmania maharashtra karnataka kerala tamil_nadu telangana gujarat punjab
		haryana rajasthan uttar_pradesh west_bengal district_of_columbia andhra_pradesh bihar odisha assam goa`)
	roads = set(`highway hwy route rte rt interstate us sr cr fm state county`)
)
