%% Orders are in mnesia; how many came in, and the last of them, is in the state.
-module(corpus_store).
-behaviour(gen_server).
-export([start_link/0, add/2, count/0, last/0, price/1]).
-export([init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() -> gen_server:start_link({local, corpus_store}, corpus_store, [], []).

add(Id, Price) -> gen_server:call(corpus_store, {add, Id, Price}).

count() -> gen_server:call(corpus_store, count).

last() -> gen_server:call(corpus_store, last).

price(Id) ->
    [{corpus_order, Id, Price}] = mnesia:dirty_read(corpus_order, Id),
    Price.

init([]) -> {ok, #{count => 0, last => none}}.

handle_call({add, Id, Price}, _, #{count := Count}) ->
    ok = mnesia:dirty_write({corpus_order, Id, Price}),
    ok = folsom_metrics:notify({orders, {inc, 1}}),
    {reply, ok, #{count => Count + 1, last => Id}};
handle_call(What, _, State) ->
    {reply, maps:get(What, State), State}.

handle_cast(_, State) -> {noreply, State}.

code_change({down, _}, #{count := Count}, _) -> {ok, Count};
code_change(_, Count, _) -> {ok, #{count => Count, last => none}}.
