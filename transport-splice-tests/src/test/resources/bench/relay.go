// What a plain Go program gets: io.Copy in both directions, which splices on Linux without being asked.
package main

import (
	"io"
	"log"
	"net"
	"os"
	"sync"
)

func pass(from, to *net.TCPConn, done *sync.WaitGroup) {
	defer done.Done()
	if _, err := io.Copy(to, from); err != nil {
		from.SetLinger(0)
		to.SetLinger(0)
		from.Close()
		to.Close()
		return
	}
	to.CloseWrite()
}

func relay(client *net.TCPConn, target *net.TCPAddr) {
	defer client.Close()
	server, err := net.DialTCP("tcp", nil, target)
	if err != nil {
		client.SetLinger(0)
		return
	}
	defer server.Close()
	var done sync.WaitGroup
	done.Add(2)
	go pass(client, server, &done)
	pass(server, client, &done)
	done.Wait()
}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	target, err := net.ResolveTCPAddr("tcp", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go relay(client.(*net.TCPConn), target)
	}
}
