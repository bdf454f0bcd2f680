-module(corpus_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_, _) ->
    {atomic, ok} = mnesia:create_table(corpus_order, [{ram_copies, [node()]}, {attributes, [id, price]}]),
    ok = folsom_metrics:new_counter(orders),
    {ok, _} = inets:start(httpd, [
        {port, 8080}, {server_name, "corpus"}, {server_root, "/tmp"}, {document_root, "/tmp"},
        {modules, [mod_esi]}, {erl_script_alias, {"/esi", [corpus_http]}}
    ]),
    corpus_sup:start_link().

stop(_) -> ok.
