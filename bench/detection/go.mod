module github.com/piiproxy/piiproxy/bench/detection

go 1.26.0

require (
	github.com/dlclark/regexp2/v2 v2.12.0
	github.com/piiproxy/piiproxy v0.0.0
	github.com/wasilibs/go-re2 v1.13.0
)

require (
	github.com/nyaruka/phonenumbers v1.8.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace github.com/piiproxy/piiproxy => ../..
