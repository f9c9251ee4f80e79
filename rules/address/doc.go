// Package address finds the postal addresses of streets in a short text: house
// number, street, unit, town, state and postcode, in the orders of the built-in
// languages (Universal Postal Union, addressing standard S42, lists the orders by
// country).
//
//	12 Main Street, Apt 4, Springfield, IL 62704   number, name, kind of street
//	10 rue de la Paix, 75002 Paris                 number, kind of street, name
//	Calle Mayor 5, 28013 Madrid                    kind of street, name, number
//	Hauptstraße 12a, 10115 Berlin                  name with the kind in it, number
//
// It never reads on past what belongs to the address, and tells whether the
// words alone make it one or whether somebody has to have said so.
package address
