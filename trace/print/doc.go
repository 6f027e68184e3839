// Package print shows a report: as a table that a person grasps in seconds on
// 80 columns, as a wide table of every single cell, and as JSON or YAML. A comparison
// of two ways it shows as a table, JSON or YAML.
//
// Much of a report was written by others: names of pods, messages of the
// kubelet, the answers of servers. Whatever a terminal could take for a command
// is removed before it is printed, and written as an escape in JSON.
package print
