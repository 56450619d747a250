// Package faulttest holds tests that run three real servers, each a process of its own, and attack them,
// break them or load them: an attacker's address is a loopback address of its own, a crash is a SIGKILL.
//
//	go test ./cmd/tabard/faulttest                   the attacks that take seconds
//	go test ./cmd/tabard/faulttest -faults           longer attacks, and faults: kills, pauses, bad disks
//	go test ./cmd/tabard/faulttest -loads            large ledgers and long loads
//	go test ./cmd/tabard/faulttest -tabard PATH      the same against another build of the binary
//	go test ./cmd/tabard/faulttest -before PATH      also what an earlier build left on disk
//
// There is one file for each subject. All traffic stays on the loopback interface, and all processes end
// with the test that started them.
package faulttest
