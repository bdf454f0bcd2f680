%% Each size on nodes of its own, in turn: by hand, by the agent, and again. `script/bench-modules` starts it.
-module(modules_bench).
-export([main/1, started/2, by_hand/2, agent/2]).

-define(ROUNDS, 3).
-define(BOUND, 1 / 3).

main([Folder | Arguments]) ->
    Sizes = case Arguments of [] -> [{M, P} || M <- [1, 10, 100, 500], P <- [10, 1000, 10000]]; _ -> pairs(Arguments) end,
    Releases = [release(Folder, Version, lists:max([M || {M, _} <- Sizes])) || Version <- ["1", "2"]],
    io:format("OTP ~s, ~b schedulers~n~n", [erlang:system_info(otp_release), erlang:system_info(schedulers_online)]),
    io:format("| modules | processes | by hand, ms | agent, ms | share | agent in all, ms |~n| ---: | ---: | ---: | ---: | ---: | ---: |~n"),
    Share = lists:max([row(M, P, Folder, Releases) || {M, P} <- Sizes]),
    io:format("~nThe largest share is ~.2f and may be ~.2f.~n", [Share, ?BOUND]),
    halt(case Share =< ?BOUND of true -> 0; false -> 1 end).

pairs([Modules, Processes | Rest]) -> [{list_to_integer(Modules), list_to_integer(Processes)} | pairs(Rest)];
pairs([]) -> [].

row(M, P, Folder, Releases) ->
    {Hand, Agent} = lists:unzip([{measured(by_hand, M, P, Folder, Releases), measured(agent, M, P, Folder, Releases)} || _ <- lists:seq(1, ?ROUNDS)]),
    [By, {Ours, All}] = [lists:nth((?ROUNDS + 1) div 2, lists:sort(Each)) || Each <- [Hand, Agent]],
    io:format("| ~b | ~b | ~.1f | ~.1f | ~.2f | ~.1f |~n", [M, P, By / 1000, Ours / 1000, Ours / By, All / 1000]),
    Ours / By.

measured(How, M, P, Folder, [From, To]) ->
    {ok, Peer, _} = peer:start_link(#{connection => standard_io, args => ["-pa", Folder, From]}),
    On = fun(Function, Arguments) -> peer:call(Peer, ?MODULE, Function, Arguments, 600000) end,
    try
        ok = On(started, [names(M), P]),
        On(How, [names(M), {From, To}])
    after
        peer:stop(Peer)
    end.

names(M) -> [list_to_atom("bench_" ++ integer_to_list(N)) || N <- lists:seq(1, M)].

%% About as large as modules are: each has the functions of a server and forty more.
release(Folder, Version, Most) ->
    Ebin = filename:join([Folder, "lib", "bench-" ++ Version, "ebin"]),
    ok = filelib:ensure_dir(filename:join(Ebin, "x")),
    [begin
         Text = ["-module(", atom_to_list(Name), ").\n-behaviour(gen_server).\n-vsn(", Version, ").\n-compile([export_all, nowarn_export_all]).\n",
                 "init(N) -> {ok, #{number => N, list => lists:seq(1, 50)}}.\nhandle_call(_, _, S) -> {reply, ", Version, ", S}.\nhandle_cast(_, S) -> {noreply, S}.\n",
                 "code_change(_, S, _) -> {ok, S#{version => ", Version, "}}.\n",
                 [io_lib:format("f~b(X) when is_list(X) -> [{~b, Each, ~s} || Each <- X, Each > ~b];\nf~b(X) -> #{value => X, text => <<\"~b\">>}.\n", [N, N, Version, N, N, N])
                  || N <- lists:seq(1, 40)]],
         {ok, Name, Beam} = compile:forms(forms(lists:flatten(Text))),
         ok = file:write_file(filename:join(Ebin, atom_to_list(Name) ++ ".beam"), Beam)
     end || Name <- names(Most)],
    Ebin.

forms(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    [begin {ok, Form} = erl_parse:parse_form(Each), Form end || Each <- split(Tokens, [])].

split([], []) -> [];
split([{dot, _} = Dot | Rest], Form) -> [lists:reverse([Dot | Form]) | split(Rest, [])];
split([Token | Rest], Form) -> split(Rest, [Token | Form]).

%% On the node: so many processes, and the modules in turn.
started(Names, P) ->
    [{module, _} = code:ensure_loaded(Name) || Name <- Names ++ [sys, gen, ordsets, hot_deploy_modules, hot_deploy_switch, hot_deploy_undo, hot_deploy_set,
                                                                 hot_deploy_running, hot_deploy_hold, hot_deploy_paths, hot_deploy_hosts, hot_deploy_node]],
    All = list_to_tuple(Names),
    Asks = self(),
    spawn(fun() ->
        Pids = [begin {ok, Pid} = gen_server:start_link(element(N rem tuple_size(All) + 1, All), N, []), Pid end || N <- lists:seq(1, P)],
        register(bench, self()),
        Asks ! ready,
        served([{Pid, element(N rem tuple_size(All) + 1, All)} || {N, Pid} <- lists:zip(lists:seq(1, P), Pids)])
    end),
    receive ready -> ok end.

served(Processes) -> receive {Asks, processes} -> Asks ! {processes, Processes}, served(Processes) end.

running() ->
    bench ! {self(), processes},
    receive {processes, Processes} -> Processes end.

%% As it is written down where people explain it: everything is held while one module after the other is read and loaded.
by_hand(Names, {_, To}) ->
    Processes = running(),
    true = code:add_patha(To),
    Started = erlang:monotonic_time(microsecond),
    [ok = sys:suspend(Pid) || {Pid, _} <- Processes],
    [{module, _} = code:load_file(Name) || Name <- Names],
    [ok = sys:change_code(Pid, Module, 1, []) || {Pid, Module} <- Processes],
    [ok = sys:resume(Pid) || {Pid, _} <- Processes],
    Took = erlang:monotonic_time(microsecond) - Started,
    taken_over(Processes),
    Took.

%% How long everybody stands still, and how long all of it takes.
agent(Names, {From, To}) ->
    Processes = running(),
    Digest = fun(Directory, Name) -> {ok, {_, Md5}} = beam_lib:md5(filename:join(Directory, Name)), binary:encode_hex(Md5) end,
    Modules = [{Name, Digest(From, Name), Digest(To, Name)} || Each <- Names, Name <- [atom_to_list(Each)]],
    Started = erlang:monotonic_time(microsecond),
    #{result := applied, microseconds := Took, held := Held} = hot_deploy_modules:apply(#{
        parts => [#{application => none, from => From, to => To, modules => Modules}], direction => up, suspend_timeout => 5000, code_change_timeout => 60000}),
    All = erlang:monotonic_time(microsecond) - Started,
    Held = length(Processes),
    taken_over(Processes),
    {Took, All}.

taken_over(Processes) -> [#{version := 2} = sys:get_state(Pid) || {Pid, _} <- Processes].
