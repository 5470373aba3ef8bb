package io.transportsplice;

import java.io.IOException;

/** Something that happens to a machine of the model. It may happen in any state, so that any sequence can be shrunk. */
sealed interface ModelStep {
    void happen(ModelMachine machine) throws IOException;

    record Send(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) throws IOException {
            machine.source().send(bytes);
        }
    }

    record MakeRoom(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.sink().makeRoom(bytes);
        }
    }

    record Fault(ModelKernel.Call call, int errno) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.kernel().fail(call, errno);
        }
    }

    record Meet(ModelRelay.Fate fate) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.relay().fate(fate);
        }
    }

    record DisposeHeld(ModelRelay.Fate how) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) throws IOException {
            machine.relay().disposeHeld(how);
        }
    }

    record Limit(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.limit(bytes);
        }
    }

    record StaleEvent(boolean atSource, int bits) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.staleEvent(atSource ? machine.source() : machine.sink(), bits);
        }

        @Override
        public String toString() {
            return "StaleEvent[" + (atSource ? "source" : "sink") + " 0x" + Integer.toHexString(bits) + ']';
        }
    }

    /** What needs no further word. */
    enum Simple implements ModelStep {
        READ {
            @Override
            public void happen(ModelMachine machine) {
                machine.read();
            }
        },
        AUTO_READ_ON {
            @Override
            public void happen(ModelMachine machine) {
                machine.autoRead(true);
            }
        },
        AUTO_READ_OFF {
            @Override
            public void happen(ModelMachine machine) {
                machine.autoRead(false);
            }
        },
        RUN_ONCE {
            @Override
            public void happen(ModelMachine machine) {
                machine.runOnce();
            }
        },
        RUN_TO_REST {
            @Override
            public void happen(ModelMachine machine) {
                machine.runToRest();
            }
        },
        TRIM {
            @Override
            public void happen(ModelMachine machine) {
                machine.passTrimInterval();
            }
        },
        SOURCE_ENDS {
            @Override
            public void happen(ModelMachine machine) throws IOException {
                machine.source().sendEnd();
            }
        },
        SOURCE_RESETS {
            @Override
            public void happen(ModelMachine machine) throws IOException {
                machine.source().sendReset();
            }
        },
        SINK_ENDS {
            @Override
            public void happen(ModelMachine machine) throws IOException {
                machine.sink().sendEnd();
            }
        },
        SINK_RESETS {
            @Override
            public void happen(ModelMachine machine) throws IOException {
                machine.sink().sendReset();
            }
        },
        CLOSE_SOURCE {
            @Override
            public void happen(ModelMachine machine) {
                machine.closeByUser(machine.source());
            }
        },
        CLOSE_SINK {
            @Override
            public void happen(ModelMachine machine) {
                machine.closeByUser(machine.sink());
            }
        },
        TOGGLE_SOURCE_HANDLER {
            @Override
            public void happen(ModelMachine machine) {
                machine.toggleHandler(machine.source());
            }
        },
        TOGGLE_SINK_HANDLER {
            @Override
            public void happen(ModelMachine machine) {
                machine.toggleHandler(machine.sink());
            }
        }
    }
}
