-module(corpus_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, corpus_sup}, corpus_sup, []).

init([]) ->
    Pool = [{name, {local, corpus_pool}}, {worker_module, corpus_worker}, {size, 3}, {max_overflow, 1}],
    {ok, {#{strategy => one_for_one}, [
        #{id => store, start => {corpus_store, start_link, []}},
        poolboy:child_spec(corpus_pool, Pool, [])
    ]}}.
