-module(corpus_clock).
-behaviour(gen_statem).
-export([start_link/0, asked/0, init/1, callback_mode/0, open/3]).

start_link() -> gen_statem:start_link({local, corpus_clock}, corpus_clock, [], []).

asked() -> gen_statem:call(corpus_clock, asked).

init([]) -> {ok, open, 0}.

callback_mode() -> state_functions.

open({call, From}, asked, Times) -> {keep_state, Times + 1, {reply, From, Times + 1}}.
