package reveal_test

import (
	"context"
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/reveal"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// samples is how often each sort of token is timed; make soak takes 100,000. Without
// it only what cannot flake is held: TestOneWay counts reads and seals.
var samples = flag.Int("samples", 0, "how often to time each sort of token that has no answer")

// leak is the bar for Welch's t, that of ISO/IEC 17825 and of dudect.
const leak = 4.5

// most is how far the cropped means may be apart; one more read is twice that.
const most = 0.04

// welch is Welch's t of two sets of times.
func welch(a, b []float64) float64 {
	variance := func(x []float64) (variance float64) {
		middle := mean(x)
		for _, v := range x {
			variance += (v - middle) * (v - middle) / float64(len(x)-1)
		}
		return variance
	}
	return (mean(a) - mean(b)) / math.Sqrt(variance(a)/float64(len(a))+variance(b)/float64(len(b)))
}

// TestWelch: the measure finds a difference of a hundredth of the spread in 100,000
// samples, and none where there is none.
func TestWelch(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	draw := func(mean float64) []float64 {
		x := make([]float64, 200_000)
		for i := range x {
			x[i] = mean + random.NormFloat64()
		}
		return x
	}
	if got := welch(draw(10), draw(10)); math.Abs(got) > leak {
		t.Errorf("t of equal times is %.1f", got)
	}
	if got := welch(draw(10.03), draw(10)); got < leak {
		t.Errorf("t of times 3 %% of the spread apart is %.1f", got)
	}
}

// TestRevealTime: how long it takes does not tell why a token has no answer: each
// sort against unknown tokens, in an order that nobody can guess, on the embedded
// store. Times over the 95th percentile, which are the machine's, are left out of a
// second measure, which sees differences that no caller can: they are held below what
// one more read would take.
func TestRevealTime(t *testing.T) {
	opened, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "values.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	r := newRig(t, opened)
	r.old()
	classes := r.classes()
	names := slices.Sorted(maps.Keys(classes))
	times := map[string][]float64{}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 5))
	for round := range max(*samples, 100) + 1000 {
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			asker, order := classes[name](round)
			r.audit.events = r.audit.events[:0]
			took := r.timed(asker, order)
			if round >= 1000 { // warm
				times[name] = append(times[name], took)
			}
		}
	}
	for name, class := range times {
		if len(class) < 100 {
			t.Fatalf("%s: %d samples", name, len(class))
		}
		if *samples == 0 || name == "unknown" {
			continue
		}
		bound := percentile(slices.Concat(class, times["unknown"]), 0.95)
		a, b := below(class, bound), below(times["unknown"], bound)
		whole, cropped := welch(class, times["unknown"]), welch(a, b)
		apart := mean(a) - mean(b)
		t.Logf("%s against unknown, %d samples each: t = %.2f; without the slowest twentieth %.2f, %.0f ns of %.0f apart", name, len(class), whole, cropped, apart, mean(b))
		if math.Abs(whole) >= leak || math.Abs(apart) > most*mean(b) {
			t.Errorf("%s can be told from unknown by time", name)
		}
	}
}

// timed is how long an order takes, in nanoseconds.
func (r *rig) timed(asker reveal.Asker, order reveal.Order) float64 {
	r.t.Helper()
	start := time.Now()
	answers, err := r.desk.Values(context.Background(), asker, order)
	took := time.Since(start)
	if err != nil || answers[0].Found {
		r.t.Fatalf("%v, %v", answers, err)
	}
	return float64(took.Nanoseconds())
}

func mean(x []float64) (mean float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	return mean
}

func percentile(x []float64, p float64) float64 {
	slices.Sort(x)
	return x[int(p*float64(len(x)-1))]
}

func below(x []float64, bound float64) []float64 {
	return slices.DeleteFunc(slices.Clone(x), func(v float64) bool { return v > bound })
}

// TestGuesses: none of many guessed tokens is anybody's: half of them at random, half
// beside one that is there.
func TestGuesses(t *testing.T) {
	r := newRig(t, nil)
	guesses := max(*samples*10, 20_000)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 6))
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	near, batch := r.tokens["card"], make([]string, reveal.MostTokens)
	for done := 0; done < guesses; done += len(batch) {
		for i := range batch {
			id := []byte(near[len(near)-26:])
			change := 26
			if i%2 == 0 {
				change = 1 + random.IntN(3)
			}
			for range change {
				id[random.IntN(len(id))] = letters[random.IntN(32)]
			}
			if batch[i] = near[:len(near)-26] + string(id); batch[i] == near {
				batch[i] = unknown(i)
			}
		}
		r.audit.events = r.audit.events[:0]
		for _, answer := range r.values(shop, batch...) {
			if answer.Found {
				t.Fatal("a guess was right")
			}
		}
	}
	if got := r.values(shop, near); !got[0].Found {
		t.Error("the token itself is none")
	}
}
