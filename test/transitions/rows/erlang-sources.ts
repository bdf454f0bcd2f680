// Sources of processes as Erlang writes them: what differs between two versions is given.

const supervisor = (name: string, children: string, flags = '#{}') => `-module(${name}_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).
start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).
init([]) -> {ok, {${flags}, [${children}]}}.
`;
const application = (name: string) => `-module(${name}_app).
-behaviour(application).
-export([start/2, stop/1]).
start(_, _) -> ${name}_sup:start_link().
stop(_) -> ok.
`;
/** An application in Erlang, and its supervisor with this child. */
export const app = (name: string, child: string, flags?: string) => ({
  [`src/${name}_app.erl`]: application(name),
  [`src/${name}_sup.erl`]: supervisor(name, child, flags),
});
export const spec = (name: string) => `#{id => ${name}, start => {${name}, start_link, []}}`;

export function server(name: string, state: string, answer: string, head: string, more: string): string {
  return `-module(${name}).
-behaviour(gen_server).
-export([start_link/0, add/1, get/0, init/1, handle_call/3, handle_cast/2]).
${head}
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
add(N) -> gen_server:cast(?MODULE, {add, N}).
get() -> gen_server:call(?MODULE, get).
init([]) ->
    {N, U} = {0, piece},
    _ = U,
    {ok, ${state}}.
handle_call(get, _, ${state} = S) -> {reply, ${answer}, S}.
handle_cast({add, M}, ${state}) -> add(M, ${state}).
add(M, ${state}) -> (fun(N1) -> {noreply, ${state.replace(/\bN\b/, 'N1')}} end)(N + M).
${more}
`;
}

export function door(name: string, data: string, answer: string, more: string): string {
  return `-module(${name}).
-behaviour(gen_statem).
-export([start_link/0, open/0, get/0, init/1, callback_mode/0, closed/3, open/3]).
${more === '' ? '' : '-export([code_change/4]).'}
start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).
open() -> gen_statem:call(?MODULE, open).
get() -> gen_statem:call(?MODULE, get).
callback_mode() -> state_functions.
init([]) -> N = 0, {ok, closed, ${data}}.
closed({call, From}, open, Data) -> {next_state, open, Data, [{reply, From, ok}, {state_timeout, 10, tick}]}.
open(state_timeout, tick, ${data}) -> tick(N + 1);
open({call, From}, get, ${data}) -> {keep_state_and_data, [{reply, From, {open, ${answer}}}]}.
tick(N) -> {keep_state, ${data}, [{state_timeout, 10, tick}]}.
${more}
`;
}

export function events(name: string, version: string): string {
  return `-module(${name}).
-behaviour(gen_statem).
-export([start_link/0, init/1, callback_mode/0, handle_event/4]).
start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).
callback_mode() -> handle_event_function.
init([]) -> {ok, nowhere, 0}.
handle_event({call, From}, {go, Where}, _, N) -> {next_state, Where, N + 1, [{reply, From, ok}]};
handle_event({call, From}, get, Where, N) -> {keep_state_and_data, [{reply, From, {${version}, Where, N}}]}.
`;
}

export function handler(name: string, state: string, answer: string, more: string): string {
  return `-module(${name}).
-behaviour(gen_event).
-export([init/1, handle_event/2, handle_call/2]).
${more === '' ? '' : '-export([code_change/3]).'}
init([]) -> N = 0, {ok, ${state}}.
handle_event(tick, ${state}) -> N1 = N + 1, {ok, ${state.replace('N', 'N1')}}.
handle_call(get, ${state} = S) -> {ok, ${answer}, S}.
${more}
`;
}

export function child(name: string, state: string, more: string): string {
  return `-module(${name}).
-behaviour(gen_server).
-export([start_link/1, init/1, handle_call/3, handle_cast/2]).
${more === '' ? '' : '-export([code_change/3]).'}
start_link(N) -> gen_server:start_link(?MODULE, N, []).
init(N) -> {ok, ${state}}.
handle_call(get, _, S) -> {reply, S, S}.
handle_cast(_, S) -> {noreply, S}.
${more}
`;
}

export function special(name: string, version: string): string {
  return `-module(${name}).
-export([start_link/0, add/1, get/0, init/1, loop/2, system_continue/3, system_terminate/4]).
start_link() -> proc_lib:start_link(?MODULE, init, [self()]).
add(N) -> ?MODULE ! {add, N}, ok.
get() -> ?MODULE ! {get, self()}, receive {${name}, Answer} -> Answer after 1000 -> silence end.
init(Parent) ->
    register(?MODULE, self()),
    proc_lib:init_ack({ok, self()}),
    loop(Parent, 0).
loop(Parent, N) ->
    receive
        {add, M} -> ?MODULE:loop(Parent, N + M);
        {get, From} -> From ! {${name}, {${version}, N}}, ?MODULE:loop(Parent, N);
        {system, From, Request} -> sys:handle_system_msg(Request, From, Parent, ?MODULE, [], N)
    after 50 -> ?MODULE:loop(Parent, N)
    end.
system_continue(Parent, _, N) -> ?MODULE:loop(Parent, N).
system_terminate(Reason, _, _, _) -> exit(Reason).
`;
}
