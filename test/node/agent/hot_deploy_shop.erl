%% An application in two versions, made for a test, and a node that runs the first of them.
-module(hot_deploy_shop).
-behaviour(gen_server).
-export([modules/1, within/2, within/3, node/2, release/3, request/2, request/3, changed/1, versions/0, on/2]).
-export([start/0, states/1, state/2, enter/2, know/1, reads/1, killed/3, crowd/0, crowded/1, init/1, handle_call/3, handle_cast/2, code_change/3]).

%% The test gets the node and the two directories.
within(Releases, Test) -> within(Releases, [], Test).

within({Old, New}, Flags, Test) ->
    Root = string:trim(os:cmd("mktemp -d")),
    try
        [From, To] = [release(Root, "shop-1", Old), release(Root, "shop-1+AB", New)],
        node(Flags ++ ["-pa", From], fun(Peer) ->
            load(Peer, From),
            Test(Peer, From, To)
        end)
    after
        file:del_dir_r(Root)
    end.

%% A node that has the agent, and this module.
node(Flags, Test) ->
    Own = lists:usort([filename:dirname(code:which(Module)) || Module <- [?MODULE, hot_deploy_set]]),
    {ok, Peer, _} = peer:start_link(#{connection => standard_io, args => Flags ++ lists:append([["-pa", Directory] || Directory <- Own])}),
    try
        [load(Peer, Directory) || Directory <- Own],
        Test(Peer)
    after
        peer:stop(Peer)
    end.

load(Peer, Directory) -> [{module, Module} = on(Peer, {code, load_file, [Module]}) || Module <- modules(Directory)].

modules(Directory) -> [list_to_atom(filename:basename(File, ".beam")) || File <- filelib:wildcard(Directory ++ "/*.beam")].

on(Peer, {Module, Function, Arguments}) -> peer:call(Peer, Module, Function, Arguments, 60000).

release(Root, Name, Sources) ->
    Ebin = filename:join([Root, "lib", Name, "ebin"]),
    ok = filelib:ensure_dir(filename:join(Ebin, "shop.app")),
    [begin
         File = filename:join(Root, lists:concat([Module, ".erl"])),
         ok = file:write_file(File, ["-module(", atom_to_list(Module), ").\n-compile([export_all, nowarn_export_all]).\n", Source]),
         {ok, Module} = compile:file(File, [{outdir, Ebin}, debug_info])
     end || {Module, Source} <- Sources],
    Specification = [{description, "A shop"}, {vsn, lists:nthtail(length("shop-"), Name)}, {modules, [Module || {Module, _} <- Sources]}, {registered, []}, {applications, [kernel, stdlib]}, {env, [{release, Name}]}],
    ok = file:write_file(filename:join(Ebin, "shop.app"), io_lib:format("~p.~n", [{application, shop, Specification}])),
    Ebin.

request(From, To) -> request(From, To, up).

request(From, To, Direction) ->
    [Old, New] = [maps:from_list([{filename:basename(File, ".beam"), digest(File)} || File <- filelib:wildcard(Ebin ++ "/*.beam")]) || Ebin <- [From, To]],
    Modules = [{Name, maps:get(Name, Old, none), maps:get(Name, New, none)} || Name <- maps:keys(maps:merge(Old, New)),
                                                                              maps:find(Name, Old) =/= maps:find(Name, New)],
    #{parts => [#{application => shop, from => From, to => To, modules => Modules}],
      direction => Direction, suspend_timeout => 500, code_change_timeout => 1000}.

digest(File) ->
    {ok, {_, Digest}} = beam_lib:md5(File),
    binary:encode_hex(Digest).

%% One process of each kind can be started of these. What @ stands for tells the version.
versions() -> {changed("1"), changed("2")}.

changed(Version) -> [{Module, lists:append(string:replace(Source, "@", Version, all))} || {Module, Source} <- sources()].

sources() ->
    Takes = "code_change({down, V}, {N, _}, _) -> {ok, {N, {down, V}}};\ncode_change(V, {N, _}, _) -> {ok, {N, {up, V}}}.\n",
    [
        {shop_server,
            "-vsn(@).\n-behaviour(gen_server).\ninit(N) -> {ok, {N, none}}.\nhandle_call(get, _, S) -> {reply, {@, S}, S}.\n"
            "handle_cast({sleep, T}, S) -> timer:sleep(T), {noreply, S};\nhandle_cast({receives, Socket}, S) -> gen_tcp:recv(Socket, 0), {noreply, S}.\n" ++ Takes},
        {shop_view, "-vsn(@).\n-behaviour(hot_deploy_hosts_tests).\nmount(_, _, _) -> @.\n" ++ Takes},
        {shop_machine,
            "-vsn(@).\n-behaviour(gen_statem).\ncallback_mode() -> handle_event_function.\ninit(N) -> {ok, N, none}.\n"
            "handle_event({call, From}, get, N, Was) -> {keep_state_and_data, [{reply, From, {@, {N, Was}}}]}.\n"
            "code_change({down, V}, N, _, _) -> {ok, N, {down, V}};\ncode_change(V, N, _, _) -> {ok, N, {up, V}}.\n"},
        {shop_handler,
            "-vsn(@).\n-behaviour(gen_event).\ninit(N) -> {ok, {N, none}}.\nhandle_event(_, S) -> {ok, S}.\nhandle_call(get, S) -> {ok, {@, S}, S}.\n" ++ Takes},
        {shop_sup,
            "-vsn(@).\n-behaviour(supervisor).\ninit(N) -> {ok, {#{intensity => @}, [#{id => one, modules => [gen_server], "
            "start => {gen_server, start_link, [shop_server, N, []]}}]}}.\n"},
        {shop_special,
            "-vsn(@).\nrun(N) -> proc_lib:init_ack({ok, self()}), loop({N, none}, self()).\n"
            "loop(S, P) -> receive {system, From, Request} -> sys:handle_system_msg(Request, From, P, ?MODULE, [], S);"
            "{get, To} -> To ! {self(), {@, S}}, loop(S, P) end.\nsystem_continue(P, _, S) -> loop(S, P).\n"
            "system_terminate(R, _, _, _) -> exit(R).\nsystem_code_change(S, _, V, X) -> code_change(V, S, X).\n" ++ Takes},
        {shop_loop,
            "-vsn(@).\nlocal() -> receive {get, To} -> To ! {self(), {@, {1, none}}}, local() end.\n"
            "remote() -> receive {get, To} -> To ! {self(), {@, {1, none}}}, ?MODULE:remote() end.\n"
            "reads(Socket) -> R = gen_tcp:recv(Socket, 0), receive {get, To} -> To ! {self(), {@, R}} end.\n"}
    ].

%% What runs on the node: a process of each kind, by its name.
start() ->
    Starter = self(),
    spawn(fun() ->
        {ok, Server} = gen_server:start_link(shop_server, 1, []),
        {ok, Sup} = supervisor:start_link(shop_sup, 1),
        [{_, Child, _, _}] = supervisor:which_children(Sup),
        {ok, Machine} = gen_statem:start_link(shop_machine, 1, []),
        {ok, Events} = gen_event:start_link(),
        ok = gen_event:add_handler(Events, shop_handler, 1),
        {ok, Special} = proc_lib:start_link(shop_special, run, [1]),
        {ok, EnteredServer} = proc_lib:start_link(?MODULE, enter, [gen_server, shop_server]),
        {ok, EnteredMachine} = proc_lib:start_link(?MODULE, enter, [gen_statem, shop_machine]),
        {ok, View} = gen_server:start_link(?MODULE, {shop_view, mount, 3}, []),
        {ok, Agent} = gen_server:start_link(?MODULE, {shop_server, digest, 1}, []),
        {ok, Hibernates} = gen_server:start_link(shop_server, 1, [{hibernate_after, 1}]),
        Task = proc_lib:spawn(shop_loop, remote, []),
        Starter ! {started, #{
            server => Server, sup => Sup, child => Child, machine => Machine, events => Events, special => Special, hibernates => Hibernates,
            entered_server => EnteredServer, entered_machine => EnteredMachine, view => View, agent => Agent, task => Task,
            local => spawn(shop_loop, local, []), remote => spawn(shop_loop, remote, [])
        }},
        receive stop -> ok end
    end),
    receive {started, Started} -> timer:sleep(20), Started end.

enter(gen_server, Module) ->
    proc_lib:init_ack({ok, self()}),
    gen_server:enter_loop(Module, [], {1, none});
enter(gen_statem, Module) ->
    proc_lib:init_ack({ok, self()}),
    gen_statem:enter_loop(Module, [], 1, none).

%% A plain process that reads from a connection, and a server that does so in a callback. Whoever closes them is the third.
reads(Server) ->
    Asks = self(),
    Holder = spawn(fun() ->
        {ok, Listening} = gen_tcp:listen(0, [{active, false}, binary]),
        [{One, Socket}, {Other, Another}] = [connected(Listening) || _ <- [1, 2]],
        Asks ! {reads, spawn(shop_loop, reads, [Socket])},
        gen_server:cast(Server, {receives, Another}),
        receive close -> [gen_tcp:close(Each) || Each <- [One, Other]] end,
        receive stop -> ok end
    end),
    receive {reads, Pid} -> timer:sleep(50), {Pid, Holder} end.

connected(Listening) ->
    {ok, Port} = inet:port(Listening),
    {ok, Other} = gen_tcp:connect("localhost", Port, [{active, false}, binary]),
    {ok, Socket} = gen_tcp:accept(Listening),
    {Other, Socket}.

%% Each tells the version of the code that answered, and its state.
states(Started) -> maps:map(fun state/2, Started).

state(sup, Pid) -> {element(6, sys:get_state(Pid)), alive};
state(events, Pid) -> gen_event:call(Pid, shop_handler, get);
state(Name, Pid) when Name =:= view; Name =:= agent -> {any, gen_server:call(Pid, get)};
state(Name, Pid) when Name =:= special; Name =:= task; Name =:= local; Name =:= remote; Name =:= reads ->
    Pid ! {get, self()},
    receive {Pid, State} -> State after 1000 -> silent end;
state(_, Pid) -> gen_server:call(Pid, get).

%% Servers that somebody starts one after the other, and that live for a while.
crowd() -> spawn(fun() -> crowd(queue:new(), 0) end).

crowd(Queue, Number) ->
    {ok, Pid} = gen_server:start(shop_server, 1, []),
    {Live, Rest} = case Number > 300 of
                       true -> {{value, Oldest}, Left} = queue:out(Queue), exit(Oldest, kill), {Number, Left};
                       false -> {Number + 1, Queue}
                   end,
    receive {Asks, states} -> Asks ! {states, queue:to_list(Rest)} after 0 -> ok end,
    timer:sleep(1),
    crowd(queue:in(Pid, Rest), Live).

crowded(Crowd) ->
    Crowd ! {self(), states},
    receive {states, Pids} -> [State || Pid <- Pids, {Version, _} = State <- [catch gen_server:call(Pid, get, 2000)], is_integer(Version)] end.

%% Asks for a switch and kills who asked, or its watcher or worker, as soon as that comes to a function. Answers when all that was
%% started has ended.
killed(Request, Whom, {Module, _, _} = Step) ->
    Tracer = self(),
    {module, Module} = code:ensure_loaded(Module),
    1 = erlang:trace_pattern(Step, true, [local]),
    Caller = spawn(fun() -> receive go -> catch hot_deploy_modules:apply(Request) end end),
    erlang:trace(all, true, [call, {tracer, Tracer}]),
    Caller ! go,
    receive
        {trace, Pid, call, _} ->
            Victim = case Whom of caller -> Caller; watcher -> whereis(hot_deploy_switch); worker -> Pid end,
            is_pid(Victim) andalso exit(Victim, kill)
    after 2000 -> not_reached
    end,
    erlang:trace(all, false, [call]),
    erlang:trace_pattern(Step, false, [local]),
    ended(Caller, 200).

ended(Caller, Left) ->
    flush(),
    case is_process_alive(Caller) orelse [] =/= [Name || Name <- [hot_deploy_switch, hot_deploy_switch_worker], is_pid(whereis(Name))] of
        false -> ended;
        true when Left > 0 -> timer:sleep(50), ended(Caller, Left - 1);
        true -> still_there
    end.

flush() -> receive {trace, _, _, _} -> flush() after 0 -> ok end.

%% As if release_handler knew these as well.
know(Versions) ->
    More = [{release, "shop", Version, "13", [], Status} || {Version, Status} <- Versions],
    Knows = fun([Release | _] = Known) when element(1, Release) =:= release -> More ++ Known; (Other) -> Other end,
    _ = sys:replace_state(release_handler, fun(State) -> list_to_tuple(lists:map(Knows, tuple_to_list(State))) end),
    ok.

%% As frameworks do: one server module for all, which says whom it runs and passes code_change on.
init({Module, Function, Arity}) ->
    put('$initial_call', {Module, Function, Arity}),
    {ok, {Module, {1, none}}}.
handle_call(get, _, {_, State} = Whole) -> {reply, State, Whole}.
handle_cast(_, State) -> {noreply, State}.
code_change(Version, {Module, State}, Extra) ->
    {ok, New} = Module:code_change(Version, State, Extra),
    {ok, {Module, New}}.
