%% Listens, and gives each connection a process of its own.
%%
%% It waits in accept for a second at most, then calls itself by its full name. So it has left old
%% code a second after new code was loaded, and no purge needs to kill it.
-module(turnstile_acceptor).

-export([start_link/0]).
-export([init/0, loop/1]).

-define(PATIENCE, 1000).

%% Returns once the port is open, so that a port in use fails the boot.
-spec start_link() -> {ok, pid()} | {error, term()}.
start_link() ->
    proc_lib:start_link(?MODULE, init, []).

-spec init() -> no_return().
init() ->
    {ok, Port} = application:get_env(turnstile, port),
    {ok, Listener} = gen_tcp:listen(Port, [
        binary, {packet, line}, {active, false}, {reuseaddr, true}, {nodelay, true}
    ]),
    proc_lib:init_ack({ok, self()}),
    loop(Listener).

-spec loop(gen_tcp:socket()) -> no_return().
loop(Listener) ->
    case gen_tcp:accept(Listener, ?PATIENCE) of
        {ok, Socket} -> turnstile_client:accepted(Socket);
        {error, Reason} when Reason =:= timeout; Reason =:= econnaborted -> ok
    end,
    ?MODULE:loop(Listener).
