package spread

// InTurn returns how probable it is by chance that so many of a sequence of answers
// come from the one that gave the answer as many places before as there are who may
// give them: as all do where each has its turn. Counts cannot show that. Where each
// answer is given by any of them alike, whatever came before, this happens to each
// answer with a probability of one by their number.
func InTurn(sequence []int, among int) float64 {
	pairs, alike := 0, 0
	for i := among; i < len(sequence); i++ {
		pairs++
		if sequence[i] == sequence[i-among] {
			alike++
		}
	}
	if pairs == 0 {
		return 1
	}
	return binomial(pairs-alike, pairs, 1-1/float64(among))
}
