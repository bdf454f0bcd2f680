%% One client on a line socket, for as long as it stays. A line that begins like an HTTP request
%% makes it a web client, who is answered after the last header.
-module(turnstile_client).
-behaviour(gen_server).

-export([accepted/1, start_link/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-type state() :: #{socket := gen_tcp:socket(), request => binary()}.

%% Takes over a socket that was just accepted by the calling process.
-spec accepted(gen_tcp:socket()) -> ok.
accepted(Socket) ->
    {ok, Pid} = turnstile_client_sup:start_client(Socket),
    %% The client may be gone already; then the new process learns it from its socket.
    _ = gen_tcp:controlling_process(Socket, Pid),
    gen_server:cast(Pid, serve).

-spec start_link(gen_tcp:socket()) -> gen_server:start_ret().
start_link(Socket) ->
    gen_server:start_link(?MODULE, Socket, []).

-spec init(gen_tcp:socket()) -> {ok, state()}.
init(Socket) ->
    {ok, #{socket => Socket}}.

-spec handle_call(term(), gen_server:from(), state()) -> {reply, ok, state()}.
handle_call(_Request, _From, State) ->
    {reply, ok, State}.

-spec handle_cast(serve, state()) -> {noreply, state()} | {stop, normal, state()}.
handle_cast(serve, State) ->
    listen(State).

-spec handle_info(tuple(), state()) -> {noreply, state()} | {stop, normal, state()}.
handle_info({tcp, Socket, <<"\r\n">>}, #{socket := Socket, request := Request} = State) ->
    _ = gen_tcp:send(Socket, turnstile_http:answer(Request)),
    ok = gen_tcp:close(Socket),
    {stop, normal, State};
handle_info({tcp, Socket, _Header}, #{socket := Socket, request := _} = State) ->
    listen(State);
handle_info({tcp, Socket, <<"GET ", _/binary>> = Request}, #{socket := Socket} = State) ->
    listen(State#{request => Request});
handle_info({tcp, Socket, Line}, #{socket := Socket} = State) ->
    _ = gen_tcp:send(Socket, [turnstile_command:run(string:trim(Line)), $\n]),
    listen(State);
handle_info({tcp_closed, Socket}, #{socket := Socket} = State) ->
    {stop, normal, State};
handle_info({tcp_error, Socket, _Reason}, #{socket := Socket} = State) ->
    {stop, normal, State}.

%% One line at a time: a client that sends faster than it is answered waits in its own socket.
-spec listen(state()) -> {noreply, state()} | {stop, normal, state()}.
listen(#{socket := Socket} = State) ->
    case inet:setopts(Socket, [{active, once}]) of
        ok -> {noreply, State};
        {error, _Closed} -> {stop, normal, State}
    end.
