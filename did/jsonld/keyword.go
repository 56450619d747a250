package jsonld

// keyword is one of the keywords of JSON-LD 1.1 (1.7), or none.
type keyword uint8

const (
	kwNone keyword = iota
	kwBase
	kwContainer
	kwContext
	kwDirection
	kwGraph
	kwID
	kwImport
	kwIncluded
	kwIndex
	kwJSON
	kwLanguage
	kwList
	kwNest
	kwNoneWord // "@none"
	kwPrefix
	kwPropagate
	kwProtected
	kwReverse
	kwSet
	kwType
	kwValue
	kwVersion
	kwVocab
)

var keywords = map[string]keyword{
	"@base": kwBase, "@container": kwContainer, "@context": kwContext, "@direction": kwDirection,
	"@graph": kwGraph, "@id": kwID, "@import": kwImport, "@included": kwIncluded, "@index": kwIndex,
	"@json": kwJSON, "@language": kwLanguage, "@list": kwList, "@nest": kwNest, "@none": kwNoneWord,
	"@prefix": kwPrefix, "@propagate": kwPropagate, "@protected": kwProtected, "@reverse": kwReverse,
	"@set": kwSet, "@type": kwType, "@value": kwValue, "@version": kwVersion, "@vocab": kwVocab,
}

// keywordOf returns which keyword s is.
func keywordOf(s string) keyword {
	if len(s) < 3 || s[0] != '@' {
		return kwNone
	}
	return keywords[s]
}

// keywordForm reports whether s looks like a keyword: "@"1*ALPHA.
func keywordForm(s string) bool {
	if len(s) < 2 || s[0] != '@' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
