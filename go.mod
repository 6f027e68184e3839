module github.com/kubectl-nettrace/kubectl-nettrace

go 1.26.0
