// Package fetch makes one kind of request: a guarded HTTPS GET of a URL that a
// stranger named. The guard is one place, so that nothing else in a node reaches
// out.
//
// A URL is judged before any name is looked up (ParseURL), and every address that
// its name resolves to before anything is dialled (JudgeAddress); the connection
// goes to an address that was judged, and the dialer's Control hook judges it once
// more as it is about to be connected. A name that changes its mind in between
// reaches nothing.
//
//   - https only, TLS 1.2 or newer, certificates verified; HTTP/1.1, so that no
//     connection to one name is ever used for another.
//   - No address literals, user information or fragments; ports are 443 and those
//     from 1024 on that no browser would call either (Fetch Standard, "bad port").
//   - No proxy, no cookies, no credentials, one User-Agent.
//   - Redirects are refused, or followed a few times within the same origin if the
//     caller allows it, each one judged like the first URL.
//   - No compression is asked for. gzip, which some hosts send all the same, is expanded
//     within the bounds of a body; other encodings are refused.
//   - Bodies, headers, time in all, requests at once and requests to one host are
//     bounded. What was refused or failed is remembered for two seconds, or as long as
//     Retry-After says, up to five minutes; then it is asked for again by the first who
//     asks, for all who do. A host that gave no answer twice in a row is
//     left alone for 10 s, then for twice as long each time, up to 5 minutes.
//
// It caches no bodies. Identical requests under way at the same time are one.
package fetch
