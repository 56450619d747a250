package jsonld

// Bounds on the work one document or dataset may cause. All are counts of what
// the algorithms do, so the same input is refused everywhere or nowhere.
const (
	// maxDepth: how far a document may nest while it is expanded.
	maxDepth = 128
	// maxRemote: how many contexts may include one another in a row.
	maxRemote = 16
	// maxTerms: how many terms an active context may have.
	maxTerms = 4096
	// maxObjects: how many objects and values expansion may produce.
	maxObjects = 1 << 16
	// maxContextWork: terms defined or copied while contexts are processed.
	maxContextWork = 1 << 20
	// maxBytes: text of IRIs put together in expansion, and text of all N-Quads.
	maxBytes = 8 << 20
	// maxQuads and maxBlanks: the size of a dataset that is canonicalised.
	maxQuads  = 1 << 15
	maxBlanks = 1 << 14
	// maxSteps: what Hash N-Degree Quads may do, in blank nodes looked at.
	maxSteps = 1 << 20
	// bytesPerStep: how much of a predicate, which is hashed each time, is one step more.
	bytesPerStep = 64
	// maxChain: how far Hash N-Degree Quads may go from one blank node.
	maxChain = 1 << 11
)

// budget is what is left of the work that one document may cause.
type budget struct {
	contexts int
	bytes    int
	objects  int
}

// newBudget is the n-th part of all that there is.
func newBudget(n int) budget {
	return budget{contexts: maxContextWork / n, bytes: maxBytes / n, objects: maxObjects / n}
}

func (b *budget) context(n int) error {
	if b.contexts -= n; b.contexts < 0 {
		return overBudget("contexts define too many terms")
	}
	return nil
}

// again charges what it cost to make a context that is at hand.
func (b *budget) again(c *activeContext) error {
	if err := b.context(c.cost.terms); err != nil {
		return err
	}
	return b.text(c.cost.text)
}

func (b *budget) text(n int) error {
	if b.bytes -= n; b.bytes < 0 {
		return overBudget("IRIs expand to too much text")
	}
	return nil
}

func (b *budget) object() error {
	if b.objects--; b.objects < 0 {
		return overBudget("too many values")
	}
	return nil
}
