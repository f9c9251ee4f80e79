package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Rate is how many in which time: in YAML 10/s, 600/m or 20000/h. As many may come
// at once, and then as many again in that time. The zero Rate is none.
type Rate struct {
	Count int
	Per   time.Duration // a second, a minute or an hour
}

// defaultRate is the rate of a caller that sets none. A token is guessed with a
// chance of 1 in 2^128 each: the rate is there so that a stolen token of a caller
// does not empty the vault before anybody looks.
func defaultRate() Rate { return Rate{Count: 600, Per: time.Minute} }

// rateUnits are the times of a rate.
var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

const rateExample = "a number in a time, for example 600/m (s, m or h)"

// parseRate reads a rate; the most is 10 million.
func parseRate(text string) (Rate, error) {
	count, unit, _ := strings.Cut(text, "/")
	per, ok := rateUnits[strings.TrimSpace(unit)]
	number, err := strconv.Atoi(strings.TrimSpace(count))
	if !ok || err != nil || number <= 0 || number > countMax {
		return Rate{}, errors.New("is no rate")
	}
	return Rate{Count: number, Per: per}, nil
}
