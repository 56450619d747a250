package bench

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// graph makes N-Quads of n blank nodes with an edge wherever edge says.
func graph(n int, predicate string, edge func(i, j int) bool) string {
	var b strings.Builder
	for i := range n {
		for j := range n {
			if edge(i, j) {
				fmt.Fprintf(&b, "_:e%d <%s> _:e%d .\n", i, predicate, j)
			}
		}
	}
	return b.String()
}

const edgeName = "urn:p"

func clique(n int, predicate string) string {
	return graph(n, predicate, func(i, j int) bool { return i != j })
}

func ring(n int) string { return graph(n, edgeName, func(i, j int) bool { return j == (i+1)%n }) }

// copies of a graph, none of which can be told from another.
func copies(n int, one string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(one, "_:e", fmt.Sprintf("_:c%de", i)))
	}
	return b.String()
}

func petersen() string {
	return graph(10, edgeName, func(i, j int) bool {
		switch {
		case i < 5 && j < 5:
			return (i+1)%5 == j || (j+1)%5 == i
		case i >= 5 && j >= 5:
			return (i-5+2)%5 == j-5 || (j-5+2)%5 == i-5
		}
		return i%5 == j%5
	})
}

// paley is the graph of the quadratic residues modulo the prime p: strongly regular, so that no
// neighbourhood differs from another.
func paley(p int) string {
	square := make([]bool, p)
	for i := 1; i < p; i++ {
		square[i*i%p] = true
	}
	return graph(p, edgeName, func(i, j int) bool { return square[(i-j+p)%p] })
}

// rook is the other regular kind: two fields of an n by n board in one row or column.
func rook(n int) string {
	return graph(n*n, edgeName, func(i, j int) bool { return i != j && (i/n == j/n || i%n == j%n) })
}

func hypercube(d int) string {
	return graph(1<<d, edgeName, func(i, j int) bool { return bits.OnesCount(uint(i^j)) == 1 })
}

func star(n int) string { return graph(n+1, edgeName, func(i, j int) bool { return i == 0 && j > 0 }) }

func doubleRing(n int) string {
	return graph(n, edgeName, func(i, j int) bool { return j == (i+1)%n || i == (j+1)%n })
}

// inGraphs names n graphs by blank nodes, each with the same ring.
func inGraphs(n, size int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(ring(size), " .\n", fmt.Sprintf(" _:g%d .\n", i)))
	}
	return b.String()
}

// longLiterals are n texts that need escapes.
func longLiterals(n, size int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "_:e%d <urn:p> \"%s\" .\n", i, strings.Repeat("\\\\", size/2))
	}
	return b.String()
}

func rdfAttacks() []attack {
	canonical := func(h jsonld.Hash) func([]byte) error {
		return func(b []byte) error {
			d, err := jsonld.ParseNQuads(b)
			if err != nil {
				return err
			}
			_, err = d.Canonical(h)
			return err
		}
	}
	const name = "rdfc-1.0"
	var list []attack
	for _, g := range []struct {
		name    string
		refused bool
		make    func() string
	}{
		{"clique of 7", false, func() string { return clique(7, edgeName) }},
		{"clique of 10", true, func() string { return clique(10, edgeName) }},
		{"clique of 180", true, func() string { return clique(180, edgeName) }},
		{"clique of 12, predicate of 60 KiB", true, func() string { return clique(12, "urn:"+strings.Repeat("p", 60<<10)) }},
		{"clique of 4, predicate of 600 KiB", true, func() string { return clique(4, "urn:"+strings.Repeat("p", 600<<10)) }},
		{"ring of 1000", true, func() string { return ring(1000) }},
		{"ring of 2500", true, func() string { return ring(2500) }},
		{"ring of 400 twice round", true, func() string { return doubleRing(400) }},
		{"star of 4000", false, func() string { return star(4000) }},
		{"Petersen", false, petersen},
		{"Petersen, 300 times", true, func() string { return copies(300, petersen()) }},
		{"Paley graph of 13", true, func() string { return paley(13) }},
		{"Paley graph of 101", true, func() string { return paley(101) }},
		{"rook's graph of 16", true, func() string { return rook(4) }},
		{"hypercube of 256", true, func() string { return hypercube(8) }},
		{"ring of 3, 2000 times", false, func() string { return copies(2000, ring(3)) }},
		{"ring of 5, 1000 times", false, func() string { return copies(1000, doubleRing(5)) }},
		{"clique of 5, 600 times", true, func() string { return copies(600, clique(5, edgeName)) }},
		{"40 graphs of rings", true, func() string { return inGraphs(40, 40) }},
		{"32,768 quads", false, func() string { return chainOf(1 << 14) }},
		{"16,000 literals of escapes", false, func() string { return longLiterals(15000, 400) }},
	} {
		list = append(list, text(name, g.name, g.refused, g.make, canonical(jsonld.SHA384)))
	}
	return append(list,
		text("n-quads", "8 MiB of line ends", false, func() string { return strings.Repeat("\n", 8<<20) }, parseQuads),
		text("n-quads", "8 MiB of escapes", false, func() string { return `<urn:s> <urn:p> "` + strings.Repeat(`\u0041`, 8<<20/6-10) + `" .` }, parseQuads),
		text("n-quads", "32,768 quads", false, func() string { return strings.Repeat("_:a <a:> _:b .\n", 1<<15) }, parseQuads),
	)
}

// chainOf is a chain of n blank nodes, each told apart by a number.
func chainOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "_:e%d <urn:p> \"%d\" .\n_:e%d <urn:q> _:e%d .\n", i, i, i, (i+1)%n)
	}
	return b.String()
}

func parseQuads(b []byte) error {
	_, err := jsonld.ParseNQuads(b)
	return err
}

// expand reads a document as RDF with nothing compiled yet.
func expand(b []byte) error {
	v, err := jcs.Limits{Values: 1 << 17}.Decode(b)
	if err != nil {
		return err
	}
	_, err = jsonld.New(jsonld.Embedded()).Canonicalize(v, jsonld.SHA256)
	return err
}
