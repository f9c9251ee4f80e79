package eval

// reading is how the rows of a corpus are put before the rules.
type reading struct {
	noRegion bool   // the author's region is not told
	say      bool   // a value is said in a sentence, with its keyword
	prompt   string // the bot asks this before each labelled turn of a user
}

// of gives the rows as they are to be read.
func (r reading) of(rows []Row, labels *Map) []Row {
	switch {
	case r.say:
		return sayAll(rows, labels)
	case r.prompt != "":
		return askAll(rows, r.prompt)
	}
	return rows
}

// sayAll puts the values that the map knows into sentences: "my KEYWORD is
// VALUE". The whole value is the label, valid or not.
func sayAll(rows []Row, labels *Map) []Row {
	var said []Row
	for _, row := range rows {
		name, value := labels.value(row)
		if name == "" || len(row.Turns) != 1 {
			continue
		}
		before := "my " + value.Keyword + " is "
		turn := row.Turns[0]
		turn.Text = before + turn.Text
		turn.Labels = []Label{{Start: len(before), End: len(turn.Text), Type: name}}
		row.Turns = []Turn{turn}
		said = append(said, row)
	}
	return said
}

// askAll makes a conversation of each labelled turn of a user: the bot asks,
// the turn answers. It stands in for the bot's side that a corpus left out.
func askAll(rows []Row, prompt string) []Row {
	var asked []Row
	for _, row := range rows {
		turns := row.Turns
		for _, turn := range turns {
			if !turn.Bot && len(turn.Labels) > 0 {
				row.Turns = []Turn{{Bot: true, Text: prompt}, turn}
				asked = append(asked, row)
			}
		}
	}
	return asked
}
