package main

import (
	"errors"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
)

func newImage() *cobra.Command {
	var spec image.Spec
	var output string
	command := &cobra.Command{
		Use:   "image --binary FILE --name NAME:TAG -o TAR",
		Short: "Make an image tarball of one layer around a static executable",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if spec.Binary == "" || spec.Reference == "" || output == "" {
				return errors.New("checking the arguments: --binary, --name and --output are needed")
			}
			if spec.Target == "" {
				spec.Target = "/" + filepath.Base(spec.Binary)
			}
			spec.Target = path.Join("/", spec.Target)
			return image.Write(spec, output)
		},
	}
	flags := command.Flags()
	flags.StringVar(&spec.Binary, "binary", "", "the static executable")
	flags.StringVar(&spec.Reference, "name", "", "the image's name and tag")
	flags.StringVar(&spec.Target, "target", "", "the executable's path in the image (default: / and its name)")
	flags.StringSliceVar(&spec.Entrypoint, "entrypoint", nil, "the entrypoint (default: the executable)")
	flags.StringVar(&spec.User, "user", "65532:65532", "the numeric user and group")
	flags.StringVarP(&output, "output", "o", "", "the tarball to write")
	return command
}

func newLoad(name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "load TARBALL...",
		Short: "Give image tarballs to all nodes",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, tarballs []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			return opened.Load(command.Context(), tarballs)
		},
	}
}
