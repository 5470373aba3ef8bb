// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What the documentation shows compiles, and names the versions of this build. */
class DocumentationTest {
    private static final String IMPORTS = """
            import io.netty.bootstrap.*; import io.netty.buffer.*; import io.netty.channel.*;
            import io.netty.channel.epoll.*; import io.netty.util.concurrent.*;
            import io.transportsplice.*; import io.transportsplice.relay.*; import io.transportsplice.micrometer.*;
            """;

    /** The names that a block uses and its reader is to think of: by file, in the order of imports, members. */
    private static final Map<String, List<String>> SURROUNDINGS = Map.of(
            "README.md", List.of("", "Channel channel;"),
            "docs/usage.md", List.of("", "ChannelHandler upstream;"),
            "docs/frameworks.md",
                    List.of(
                            "import reactor.netty.tcp.*; import io.vertx.core.internal.net.NetSocketInternal;",
                            "TcpClient client; NetSocketInternal from, to; Channel channel, broker, frontend; ByteBuf in;"
                                    + " int frameSize, downstreamCorrelationId;"
                                    + " abstract Object startOfResponse(int size, int correlationId, ByteBuf early);"),
            "docs/migration.md",
                    List.of(
                            "",
                            "EpollSocketChannel in, out; FutureListener<Object> done, next; int payloadLength;"
                                    + " void resumeDecoding() {}"));

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    /** One for all blocks, as it reads a hundred jars. */
    private final StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);

    @TempDir
    Path classes;

    @AfterEach
    void close() throws IOException {
        files.close();
    }

    @TestFactory
    Stream<DynamicTest> shouldShowJavaThatCompiles() throws IOException {
        return forEach(CodeBlock.of("java"), this::compile);
    }

    @TestFactory
    Stream<DynamicTest> shouldShowXmlThatNamesTheVersionsOfThisBuild() throws IOException {
        return forEach(CodeBlock.of("xml"), block -> {
            NodeList dependencies = parse("<xml>" + block.text() + "</xml>").getElementsByTagName("dependency");
            assertTrue(dependencies.getLength() > 0, block.text());
            for (int i = 0; i < dependencies.getLength(); i++) {
                assertVersion((Element) dependencies.item(i));
            }
        });
    }

    private static Stream<DynamicTest> forEach(List<CodeBlock> blocks, Check check) {
        assertFalse(blocks.isEmpty(), "no block was found");
        return blocks.stream().map(block -> DynamicTest.dynamicTest(block.toString(), () -> check.of(block)));
    }

    private void compile(CodeBlock block) {
        StringWriter messages = new StringWriter();
        boolean compiled = compiler.getTask(
                        messages,
                        files,
                        null,
                        List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", App.wholePath()),
                        null,
                        List.of(source(block)))
                .call();
        assertTrue(compiled, () -> block + "\n" + messages);
    }

    private static JavaFileObject source(CodeBlock block) {
        boolean isWhole = block.text().contains("\npublic final class ");
        String text = isWhole ? block.text() : inMethod(block);
        String name = isWhole ? block.text().replaceFirst("(?s).*\npublic final class (\\w+).*", "$1") : "Block";
        return new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    private static String inMethod(CodeBlock block) {
        List<String> around = SURROUNDINGS.getOrDefault(block.file().toString(), List.of("", ""));
        return IMPORTS + around.get(0) + "\nabstract class Block {\n" + around.get(1)
                + "\nvoid block() throws Exception {\n" + block.text() + "\n}}";
    }

    private static void assertVersion(Element dependency) throws Exception {
        String group = text(dependency, "groupId");
        Element parent =
                parse(Files.readString(CodeBlock.ROOT.resolve("pom.xml"))).getDocumentElement();
        String expected = group.equals("io.netty") ? text(parent, "netty.version") : text(parent, "version");
        assertEquals(expected, text(dependency, "version"), group);
    }

    private static String text(Element parent, String name) {
        return parent.getElementsByTagName(name).item(0).getTextContent();
    }

    private static Document parse(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    private interface Check {
        void of(CodeBlock block) throws Exception;
    }
}
