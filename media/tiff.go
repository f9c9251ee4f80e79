package media

import "encoding/binary"

// The orientation tag of TIFF 6.0 (page 36): how a picture is to be turned.
const (
	tagOrientation = 0x0112
	typeShort      = 3
	typeLong       = 4
	upright        = 1
	lastTurn       = 8
)

// exifLen is the length of what turnedOnly makes.
const exifLen = 26

// orientation is how Exif data say a picture is to be turned, 1 to 8; 0 when they
// do not. Only the first directory is read, which is the picture's own.
func orientation(exif []byte) uint16 {
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(exif[:4]) {
	case "MM\x00*":
	case "II*\x00":
		order = binary.LittleEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return 0
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == tagOrientation {
			return turn(order, entries)
		}
		entries = entries[12:]
	}
	return 0
}

// turn reads the value of the entry.
func turn(order binary.ByteOrder, entry []byte) uint16 {
	var value uint32
	switch order.Uint16(entry[2:]) {
	case typeShort:
		value = uint32(order.Uint16(entry[8:]))
	case typeLong:
		value = order.Uint32(entry[8:])
	}
	if order.Uint32(entry[4:]) != 1 || value < upright || value > lastTurn {
		return 0
	}
	return uint16(value)
}

// turnedOnly are Exif data that say how a picture is to be turned and nothing else.
func turnedOnly(turned uint16) []byte {
	return []byte{
		'M', 'M', 0, '*', 0, 0, 0, 8, // the directory stands at 8
		0, 1, tagOrientation >> 8, tagOrientation & 0xFF, 0, typeShort, 0, 0, 0, 1, 0, byte(turned), 0, 0,
		0, 0, 0, 0, // no other directory
	}
}
