module app {
    requires io.transportsplice;
}
