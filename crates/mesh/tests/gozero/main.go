// A real go-zero peer for the tests of the mesh: `gozero server ETCD KEY ADDRESS` registers itself in
// etcd and echoes; `gozero client ETCD KEY` finds a server there and calls it once per line of its
// standard input, answering each with one line, `ok WHO TEXT` or `error CODE`. `gozero call ETCD KEY
// DESCRIPTORS` does the same for any service: a line is METHOD, TOKEN and the message in JSON, with tabs
// between them, and the answer `ok JSON`.
//
// The services are gRPC's own test service and what the file of descriptors describes, so nothing has to
// be generated here.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type echo struct {
	pb.UnimplementedTestServiceServer
}

// UnaryCall sends the payload back, says who answered, and what is left of the caller's time in ms.
func (echo) UnaryCall(ctx context.Context, in *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	left := "none"
	if deadline, ok := ctx.Deadline(); ok {
		left = fmt.Sprint(time.Until(deadline).Milliseconds())
	}
	return &pb.SimpleResponse{Payload: in.Payload, Username: "go-zero", Hostname: left}, nil
}

func serve(etcd discov.EtcdConf, address string) error {
	var config zrpc.RpcServerConf
	if err := conf.FillDefault(&config); err != nil {
		return err
	}
	config.ListenOn = address
	config.Etcd = etcd
	config.Timeout = 5000
	// Otherwise it listens on port 6060 of every interface.
	config.DevServer.Enabled = false
	server, err := zrpc.NewServer(config, func(server *grpc.Server) {
		pb.RegisterTestServiceServer(server, echo{})
	})
	if err != nil {
		return err
	}
	defer server.Stop()
	go endWithInput()
	server.Start()
	return nil
}

// endWithInput makes sure that nothing is left when the test is killed.
func endWithInput() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func call(etcd discov.EtcdConf) error {
	client, err := zrpc.NewClient(zrpc.RpcClientConf{Etcd: etcd, NonBlock: true, Timeout: 2000})
	if err != nil {
		return err
	}
	service := pb.NewTestServiceClient(client.Conn())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := service.UnaryCall(context.Background(), &pb.SimpleRequest{
			Payload: &pb.Payload{Body: lines.Bytes()},
		})
		if err != nil {
			fmt.Println("error", status.Code(err))
			continue
		}
		fmt.Println("ok", answer.Username, string(answer.Payload.GetBody()))
	}
	return lines.Err()
}

// callDescribed calls methods of the services that a set of descriptors describes.
func callDescribed(etcd discov.EtcdConf, descriptors string) error {
	files, err := readDescriptors(descriptors)
	if err != nil {
		return err
	}
	client, err := zrpc.NewClient(zrpc.RpcClientConf{Etcd: etcd, NonBlock: true, Timeout: 5000})
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), "\t", 3)
		if len(fields) != 3 {
			return fmt.Errorf("a line is METHOD, TOKEN and JSON")
		}
		answer, err := callMethod(client, files, fields[0], fields[1], fields[2])
		if err != nil {
			fmt.Println("error", status.Code(err))
			continue
		}
		fmt.Println("ok", answer)
	}
	return lines.Err()
}

func readDescriptors(path string) (*protoregistry.Files, error) {
	encoded, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(encoded, &set); err != nil {
		return nil, err
	}
	return protodesc.NewFiles(&set)
}

func callMethod(client zrpc.Client, files *protoregistry.Files, path, token, text string) (string, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", ".")
	found, err := files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return "", err
	}
	method := found.(protoreflect.MethodDescriptor)
	in, out := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	if err := protojson.Unmarshal([]byte(text), in); err != nil {
		return "", err
	}
	ctx := context.Background()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	if err := client.Conn().Invoke(ctx, path, in, out); err != nil {
		return "", err
	}
	answer, err := protojson.Marshal(out)
	return string(answer), err
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: gozero server ETCD KEY ADDRESS | client ETCD KEY | call ETCD KEY DESCRIPTORS")
	}
	etcd := discov.EtcdConf{Hosts: []string{args[1]}, Key: args[2]}
	logx.Disable()
	if args[0] == "server" && len(args) == 4 {
		return serve(etcd, args[3])
	}
	if args[0] == "call" && len(args) == 4 {
		return callDescribed(etcd, args[3])
	}
	return call(etcd)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
