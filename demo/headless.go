package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// patience bounds one turn of the script.
const patience = 30 * time.Second

// played is a step that was played, and the message that it became.
type played struct {
	step
	channel string
	number  int // counted from 1 in its channel
	id      string
	answer  platform.Record // zero when the bot did not answer
	problem error           // why a form could not be filled in
}

// Headless plays a conversation on both channels, writes the four views to w
// and searches them. The error is a *Failure when a value shows where policy
// hides it, an id or an order number changed, or the conversation broke off.
// It always plays with the order bot; Options.BotURL is refused.
func Headless(ctx context.Context, w io.Writer, start Start, options Options) (err error) {
	if options.BotURL != "" {
		return errors.New("playing the script: it knows the order bot only; leave out --bot or --headless")
	}
	s, err := openStage(ctx, start, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.register(ctx); err != nil {
		return err
	}
	var turns []played
	for _, channel := range channels {
		iban := britain
		if channel == platform.WhatsApp {
			iban = germany
		}
		for i, step := range script(iban) {
			turn, err := s.play(ctx, channel, i+1, step)
			if err != nil {
				return err
			}
			turns = append(turns, turn)
		}
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = s.platform.Settled(limited) // what was not delivered the verdict names
	if err := s.print(ctx, w); err != nil {
		return err
	}
	return s.verdict(ctx, w, turns)
}

// play lets one step happen and waits until all that follows of it happened.
func (s *stage) play(ctx context.Context, channel string, number int, step step) (played, error) {
	person := s.person(channel)
	before := len(s.platform.Records(person.ID))
	s.hooks.refuse(step.refused)
	turn := played{step: step, channel: channel, number: number}
	var err error
	switch {
	case step.agent:
		turn.id, err = s.platform.Answer(person, step.say)
	case len(step.fill) > 0:
		return s.playForm(ctx, turn, before)
	case step.tap != "":
		turn.id, err = s.tap(channel, step.tap)
	default:
		turn.id, err = s.platform.Say(person, step.say)
	}
	if err == nil && step.then != "" {
		turn.id, err = s.platform.Say(person, step.then)
	}
	if err != nil && step.tap == "" {
		return turn, fmt.Errorf("playing message %d on %s: %w", number, channel, err)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	turn.answer = s.awaitAnswer(limited, person, before, len(step.answered) > 0)
	return turn, ctx.Err()
}

// playForm fills in a form and waits until the bot went on. What goes wrong is
// left to the verdict.
func (s *stage) playForm(ctx context.Context, turn played, before int) (played, error) {
	person := s.person(turn.channel)
	resumed := len(s.resumed(person))
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	turn.values, turn.problem = s.fillIn(limited, turn.channel, turn.fill)
	if turn.problem != nil {
		return turn, ctx.Err()
	}
	for limited.Err() == nil {
		next := s.pulse.wait()
		if now := s.resumed(person); len(now) > resumed {
			turn.id = now[resumed].id
			break
		}
		select {
		case <-next:
		case <-limited.Done():
		}
	}
	turn.answer = s.awaitAnswer(limited, person, before, len(turn.answered) > 0)
	return turn, ctx.Err()
}

// tap taps the newest button of that title.
func (s *stage) tap(channel, title string) (string, error) {
	person := s.person(channel)
	for _, record := range slices.Backward(s.platform.Records(person.ID)) {
		for _, button := range record.Buttons {
			if button.Title == title {
				return s.platform.Tap(person, record.ID, button)
			}
		}
	}
	return "", errors.New("no such button")
}

// awaitAnswer waits until the platform has delivered everything and, if one is
// expected, the bot has answered. A missing answer is left to the verdict.
func (s *stage) awaitAnswer(ctx context.Context, person platform.Person, before int, expected bool) platform.Record {
	for {
		next := s.pulse.wait()
		settled := s.platform.Settled(ctx) == nil
		records := s.platform.Records(person.ID)
		for _, record := range records[min(before, len(records)):] {
			if record.Speaker == platform.ByBot && record.Agent != byProxy {
				return record
			}
		}
		if !expected || !settled {
			return platform.Record{}
		}
		grace := time.NewTimer(s.grace)
		select {
		case <-next:
			grace.Stop()
		case <-grace.C:
			return platform.Record{}
		case <-ctx.Done():
			grace.Stop()
		}
	}
}

// answerGrace is for proxies that queue a delivery and acknowledge it before
// the bot has seen it.
const answerGrace = time.Second

var titles = map[string]string{platform.Messenger: "Messenger", platform.WhatsApp: "WhatsApp"}

// print writes the views as text.
func (s *stage) print(ctx context.Context, w io.Writer) error {
	var text strings.Builder
	var vault []Row
	for _, channel := range channels {
		shown, err := s.scene(ctx, channel)
		if err != nil {
			return fmt.Errorf("listing the vault: %w", err)
		}
		fmt.Fprintf(&text, "== %s\n", titles[channel])
		for i, l := range shown.Lines {
			fmt.Fprintf(&text, "\n%2d  %s\n", i+1, l.Speaker)
			printed(&text, "person sees", l.Person.Words)
			printed(&text, "platform stores", l.Platform.Words)
			for _, button := range l.Buttons {
				if button.Kind == "url" {
					printed(&text, "", []word{{Text: "[ " + button.Title + " ]"}})
				}
			}
			if l.Bot != nil {
				printed(&text, "bot sees", l.Bot.Words)
			}
			if l.Tries > 1 {
				fmt.Fprintf(&text, "    %-16s the platform delivered it %d times\n", "", l.Tries)
			}
			if l.Echo != nil {
				printed(&text, "bot sees echo", l.Echo.Words)
			}
		}
		fmt.Fprintln(&text)
		vault = shown.Vault
	}
	fmt.Fprintf(&text, "== The vault holds %d records\n\n", len(vault))
	for _, row := range vault {
		sealed := row.Sealed
		if len(sealed) > 32 {
			sealed = sealed[:32] + "…"
		}
		way := ""
		if row.Form {
			way = ", by form"
		}
		fmt.Fprintf(&text, "    %-12s %-50s %-33s  until %s%s\n", row.Kind, row.Token, cmp.Or(sealed, "in memory only"), row.Expires.UTC().Format(time.DateOnly), way)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func printed(text *strings.Builder, label string, words []word) {
	var all strings.Builder
	for _, word := range words {
		all.WriteString(word.Text)
	}
	indented := strings.ReplaceAll(all.String(), "\n", "\n"+strings.Repeat(" ", 21))
	fmt.Fprintf(text, "    %-16s %s\n", label, indented)
}
