// Package targettest builds small clusters for tests: a Service, its pods and
// nodes, and the EndpointSlices that the EndpointSlice controller would write
// for them.
//
//	service := targettest.NewService("web").
//		Selecting("app", "web").Port("http", 80, 8080).
//		Node("n1").Node("n2").
//		Pod("web-1", targettest.On("n1"), targettest.At("10.0.1.1")).
//		Pod("web-2", targettest.On("n2"), targettest.At("10.0.2.1"), targettest.NotReady())
//	t := service.Target(test)
package targettest
