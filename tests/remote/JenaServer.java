import com.sun.net.httpserver.*;
import java.io.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import org.apache.jena.atlas.RuntimeIOException;
import org.apache.jena.atlas.iterator.Iter;
import org.apache.jena.graph.*;
import org.apache.jena.query.*;
import org.apache.jena.riot.*;
import org.apache.jena.riot.resultset.ResultSetLang;
import org.apache.jena.riot.system.*;
import org.apache.jena.sparql.core.*;
import org.apache.jena.sparql.exec.QueryExec;
import org.apache.jena.sparql.resultset.ResultsWriter;
import org.apache.jena.tdb2.*;
import org.apache.jena.update.UpdateAction;

/**
 * One TDB2 store over HTTP on 127.0.0.1, answering what parvis sends as Fuseki does: queries and
 * updates as forms, graphs and quads by the Graph Store Protocol. Debian has Jena, but not Fuseki.
 * Arguments: the store's folder, the port, and words for settings that are wrong.
 */
public class JenaServer {
    /** What relative IRIs resolve against; parvis sends none. */
    static final String BASE = "http://server/unset-base/";
    /** Bytes of an answer that are held back, so that an early failure has its own status. */
    static final int HELD_BACK = 65536;
    static DatasetGraph store;
    static List<String> wrong;

    public static void main(String[] args) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        store = DatabaseMgr.connectDatasetGraph(args[0]);
        wrong = Arrays.asList(args).subList(2, args.length);
        store.getContext().set(TDB2.symUnionDefaultGraph, !wrong.contains("no-union"));
        store.getContext().set(ARQ.httpServiceAllowed, wrong.contains("service"));
        var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]));
        HttpServer server = HttpServer.create(address, 128);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.createContext("/", exchange -> new JenaServer(exchange).answer());
        server.start();
    }

    /** Answers a request with a status and a reason. */
    static class Refused extends RuntimeException {
        final int status;
        Refused(int status, String reason) { super(reason); this.status = status; }
    }

    final HttpExchange exchange;
    final Map<String, List<String>> form = new HashMap<>();
    byte[] body;
    boolean started = false;   // true once the status of a streamed answer has gone out

    JenaServer(HttpExchange exchange) { this.exchange = exchange; }

    /** Answers any request; a failure becomes a status or, within an answer, a cut connection. */
    void answer() throws IOException {
        int status;
        Throwable error;
        try {
            body = readBody();
            route();
            exchange.close();
            return;
        }
        catch (Refused e) { status = e.status; error = e; }
        catch (QueryCancelledException e) { status = 503; error = e; }   // its time is over
        catch (QueryExecException e) { status = 500; error = e; }
        catch (QueryException | RiotException e) { status = 400; error = e; }
        catch (UncheckedIOException | RuntimeIOException e) { throw new IOException(e); }
        catch (RuntimeException | Error e) { status = 500; error = e; e.printStackTrace(); }
        if (started) throw new IOException("answer cut short", error);
        byte[] reason = (error + "\n").getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, reason.length);
        exchange.getResponseBody().write(reason);
        exchange.close();
    }

    /** Reads all before anything is done: a lost connection looks like the end of a body. */
    byte[] readBody() throws IOException {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        if (bytes.length != (length == null ? 0 : Long.parseLong(length)))
            throw new Refused(400, "the body is not as long as its Content-Length");
        return bytes;
    }

    void route() throws IOException {
        URI address = exchange.getRequestURI();
        String method = exchange.getRequestMethod();
        String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
        if (address.getRawQuery() != null) readForm(address.getRawQuery());
        if (type.equals("application/x-www-form-urlencoded")) readForm(new String(body, UTF_8));
        switch (method + " " + address.getPath()) {
            case "GET /query", "POST /query" ->
                query(QueryFactory.create(parameter("query"), BASE, Syntax.syntaxARQ));
            case "POST /update" ->
                change(() -> UpdateAction.parseExecute(parameter("update"), store));
            case "PUT /data", "POST /data", "DELETE /data" -> data(method, type);
            default -> throw new Refused(404, "There is no such service");
        }
    }

    /** Evaluates a query on the graphs that the request names, else those of FROM, else all. */
    void query(Query query) throws IOException {
        var graphs = DatasetDescription.create(
            parameters("default-graph-uri"), parameters("named-graph-uri"));
        if (graphs.isEmpty()) graphs = DatasetDescription.create(query);
        query.getGraphURIs().clear();
        query.getNamedGraphURIs().clear();
        boolean isTimed = form.containsKey("timeout") && !wrong.contains("no-timeout");
        long seconds = isTimed ? Long.parseLong(parameter("timeout")) : -1;
        store.begin(TxnType.READ);
        // Of its own context: in a shared one, a query whose time is over would end all later ones.
        try (QueryExec run = QueryExec.newBuilder().query(query).context(store.getContext().copy())
                .dataset(DynamicDatasets.dynamicDataset(graphs, store, false))
                .overallTimeout(seconds, TimeUnit.SECONDS).build()) {
            boolean isTable = query.isSelectType() || query.isAskType();
            String type = isTable ? "sparql-results+json" : "n-triples";
            OutputStream out = stream("application/" + type);
            ResultsWriter table = ResultsWriter.create().lang(ResultSetLang.RS_JSON).build();
            if (query.isSelectType()) table.write(out, run.select());
            else if (query.isAskType()) table.write(out, run.ask());
            else {
                StreamRDF writer = StreamRDFWriter.getWriterStream(out, Lang.NTRIPLES);
                writer.start();
                boolean isBuilt = query.isConstructType();
                var triples = isBuilt ? run.constructTriples() : run.describeTriples();
                Iter.distinct(triples).forEachRemaining(writer::triple);
                writer.finish();
            }
            out.close();
        } finally { store.end(); }
    }

    /** Writes or deletes a graph; without a graph, adds quads. */
    void data(String method, String type) throws IOException {
        boolean isQuads = method.equals("POST") && type.equals("application/n-quads");
        if (!isQuads && !method.equals("DELETE") && !type.equals("application/n-triples"))
            throw new Refused(415, "Send application/n-triples, or POST application/n-quads");
        Graph graph = isQuads ? null : store.getGraph(NodeFactory.createURI(parameter("graph")));
        StreamRDF sink = isQuads ? StreamRDFLib.dataset(store) : StreamRDFLib.graph(graph);
        change(() -> {
            if (method.equals("DELETE") && graph.isEmpty())
                throw new Refused(404, "There is no such graph");
            if (!method.equals("POST")) graph.clear();
            if (!method.equals("DELETE"))
                RDFParser.source(new ByteArrayInputStream(body))
                    .lang(isQuads ? Lang.NQUADS : Lang.NTRIPLES).parse(sink);
        });
    }

    /** Changes the store wholly or not at all, synced to the disk before it is acknowledged. */
    void change(Runnable work) throws IOException {
        if (wrong.contains("read-only")) throw new Refused(403, "This store is read-only");
        store.executeWrite(work);
        exchange.sendResponseHeaders(204, -1);
    }

    void readForm(String encoded) {
        for (String pair : encoded.split("&")) {
            String[] sides = (pair + "=").split("=", 3);
            form.computeIfAbsent(URLDecoder.decode(sides[0], UTF_8), name -> new ArrayList<>())
                .add(URLDecoder.decode(sides[1], UTF_8));
        }
    }

    List<String> parameters(String name) { return form.getOrDefault(name, List.of()); }

    String parameter(String name) {
        List<String> values = parameters(name);
        if (values.size() != 1) throw new Refused(400, "One parameter '" + name + "' is needed");
        return values.get(0);
    }

    /** An answer of unknown length, whose status goes out when enough bytes are held back. */
    OutputStream stream(String type) {
        return new ByteArrayOutputStream(HELD_BACK) {
            @Override public void write(byte[] bytes, int from, int length) {
                super.write(bytes, from, length);
                if (count >= HELD_BACK) close();
            }
            @Override public void close() {   // sends what there is; flush does not
                try {
                    if (!started) exchange.getResponseHeaders().set("Content-Type", type);
                    if (!started) exchange.sendResponseHeaders(200, 0);   // in chunks
                    started = true;
                    writeTo(exchange.getResponseBody());
                    reset();
                } catch (IOException e) { throw new UncheckedIOException(e); }
            }
        };
    }
}
