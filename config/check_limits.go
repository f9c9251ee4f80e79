package config

import (
	"reflect"
	"time"
)

// Upper bounds keep a mistyped unit from switching a limit off.
const (
	sizeMax     = 2 * gib
	durationMax = 30 * 24 * time.Hour
	countMax    = 10_000_000
	depthMax    = 1_000
	holdMax     = time.Minute
)

func (f *findings) limits() {
	f.bounds("limits", reflect.ValueOf(f.config.Limits))
	limits := f.config.Limits
	if limits.Bodies.JSONDepth > depthMax {
		f.complain("limits.bodies.json_depth", "must be at most %d", depthMax)
	}
	if limits.Bodies.Unpacked < limits.Bodies.Inspected {
		f.complain("limits.bodies.unpacked", "must not be less than limits.bodies.inspected, or answers are refused that calls may be as long as")
	}
	if limits.Admission.Held < limits.Bodies.Inspected {
		f.complain("limits.admission.held", "must not be less than limits.bodies.inspected, or a body of that size never gets in")
	}
	if limits.Circuit.Longest < limits.Circuit.Open {
		f.complain("limits.circuit.longest", "must not be shorter than limits.circuit.open")
	}
	if limits.Server.WriteTimeout <= max(limits.Upstream.TotalTimeout, limits.BotTimeout) {
		f.complain("limits.server.write_timeout", "must be longer than limits.upstream.total_timeout and limits.bot_timeout, or answers are cut off")
	}
	if limits.Server.HeaderTimeout > limits.Server.ReadTimeout {
		f.complain("limits.server.header_timeout", "must not be longer than limits.server.read_timeout, of which it is a part")
	}
	for key, hold := range map[string]time.Duration{"unarmed": limits.Hold.Unarmed, "armed": limits.Hold.Armed} {
		if hold > holdMax {
			f.complain("limits.hold."+key, "must be at most %s: a person waits for an answer meanwhile", holdMax)
		}
	}
	if limits.BotTimeout >= metaPatience {
		f.warn("limits.bot_timeout", "the platform gives up after %s and sends again while the bot still works", metaPatience)
	}
}

// bounds checks every number of the limits by its type.
func (f *findings) bounds(key string, v reflect.Value) {
	for field, value := range v.Fields() {
		at := join(key, field.Tag.Get("yaml"))
		switch limit := value.Interface().(type) {
		case time.Duration:
			if limit < 0 || limit == 0 && key != "limits.hold" || limit > durationMax { // nothing is held for 0s
				f.complain(at, "must be over 0 and at most %s", durationMax)
			}
		case Size:
			if limit <= 0 || limit > sizeMax {
				f.complain(at, "must be over 0 and at most 2GiB")
			}
		case Rate: // checked where it is read
		case int:
			if limit <= 0 || limit > countMax {
				f.complain(at, "must be over 0 and at most %d", countMax)
			}
		default:
			f.bounds(at, value)
		}
	}
}
