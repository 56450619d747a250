// Package vectors embeds Tabard's language-neutral test vectors: one folder a format, JSON files
// that state their source and name each case after the defect it guards against. Implementations
// in other languages read the same files; README.md beside this file describes their shapes.
package vectors

import "embed"

// FS holds every vector file as <format>/<file>.json.
//
//go:embed */*.json
var FS embed.FS
