module github.com/kubectl-nettrace/kubectl-nettrace/test/e2e

go 1.26.0
