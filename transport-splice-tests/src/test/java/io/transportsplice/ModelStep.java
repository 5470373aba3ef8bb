// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.io.IOException;

/** Something that happens to a machine of the model. It may happen in any state, so that any sequence can be shrunk. */
sealed interface ModelStep {
    void happen(ModelMachine machine) throws IOException;

    record Send(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) throws IOException {
            machine.source().socket().send(bytes);
        }
    }

    /** By the far end of the other source. */
    record OtherSend(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) throws IOException {
            machine.otherSource().socket().send(bytes);
        }
    }

    record MakeRoom(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.sink().socket().makeRoom(bytes);
        }
    }

    record Fault(ModelKernel.Call call, int errno) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.kernel().fail(call, errno);
        }
    }

    /** The next registration with one of the loops fails. */
    record Refuse(int loop) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.world().loop(loop).epoll().refuse();
        }
    }

    record Meet(ModelFate fate) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.relay().fate(fate);
        }
    }

    record DisposeHeld(ModelFate how) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.disposeHeld(how);
        }
    }

    record Limit(int bytes) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.limit(bytes);
        }
    }

    record Deregister(boolean atSource) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            ModelConnection one = machine.connection(atSource);
            machine.world().on(one.channel(), one::deregister);
        }
    }

    record Register(boolean atSource, int loop, boolean wrapped) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            ModelConnection one = machine.connection(atSource);
            machine.world().on(one.channel(), () -> one.register(loop, wrapped));
        }
    }

    /** Deregisters, and registers as soon as that is done. */
    record Move(boolean atSource, int loop, boolean wrapped) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            ModelConnection one = machine.connection(atSource);
            machine.world().on(one.channel(), () -> one.move(loop, wrapped));
        }
    }

    record Close(boolean atSource, boolean lingering) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            ModelConnection one = machine.connection(atSource);
            machine.world().on(one.channel(), lingering ? one::closeLingering : one::close);
        }
    }

    record RunTask(int loop) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.world().loop(loop).runTask();
        }
    }

    record RunIo(int loop) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.world().loop(loop).runIo();
        }
    }

    /** So much time passes on the loops' clocks. */
    record Pass(long millis) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.world().loop(0).pass(millis);
            machine.world().loop(1).pass(millis);
        }
    }

    record StaleEvent(boolean atSource, int bits) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.staleEvent(atSource, bits);
        }

        @Override
        public String toString() {
            return "StaleEvent[" + (atSource ? "source" : "sink") + " 0x" + Integer.toHexString(bits) + ']';
        }
    }

    /** Something that is done by a task of the source's loop. */
    record Later(ModelStep step) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.later(step);
        }
    }

    /** Something that is done in the midst of the next message. */
    record AtNextMessage(boolean before, ModelStep step) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.atNextMessage(before, step);
        }
    }

    /** Something that is done by another thread than the loops'. */
    record Outside(ModelStep step) implements ModelStep {
        @Override
        public void happen(ModelMachine machine) {
            machine.outside(step);
        }
    }

    /** What needs no further word. */
    @SuppressWarnings("ImmutableEnumChecker") // an action is a method
    enum Simple implements ModelStep {
        READ(ModelMachine::read),
        AUTO_READ_ON(machine -> machine.autoRead(true)),
        AUTO_READ_OFF(machine -> machine.autoRead(false)),
        RUN_ONCE(machine -> machine.world().runOnce()),
        RUN_TO_REST(ModelMachine::runToRest),
        SOURCE_ENDS(ModelMachine::sourceEnds),
        SOURCE_RESETS(ModelMachine::sourceResets),
        SINK_ENDS(machine -> machine.sink().socket().sendEnd()),
        SINK_RESETS(machine -> machine.sink().socket().sendReset()),
        CANCEL_LIMIT(ModelMachine::cancelLimit),
        LINGER_ENDS(machine -> machine.world().endLinger()),
        TOGGLE_SOURCE_HANDLER(ModelMachine::toggleSourceHandler),
        TOGGLE_SINK_HANDLER(ModelMachine::toggleSinkHandler),
        TOGGLE_FRONT(ModelMachine::toggleFront),
        READ_IN_FRONT(ModelMachine::readInFront),
        TOGGLE_CIPHER(ModelMachine::toggleCipher);

        private interface Action {
            void on(ModelMachine machine) throws IOException;
        }

        private final Action action;

        Simple(Action action) {
            this.action = action;
        }

        @Override
        public void happen(ModelMachine machine) throws IOException {
            action.on(machine);
        }
    }
}
