-module(corpus_worker).
-behaviour(gen_server).
-behaviour(poolboy_worker).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

start_link(Arguments) -> gen_server:start_link(corpus_worker, Arguments, []).

init(_) -> {ok, none}.

handle_call({receipt, Id}, _, State) -> {reply, corpus:receipt(Id), State}.

handle_cast(_, State) -> {noreply, State}.
