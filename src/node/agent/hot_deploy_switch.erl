%% The switch of a set of modules on this node, all of them or none. A worker takes the steps and tells a watcher each of them
%% before it takes it; neither is linked to the one who called. Whoever of the three is killed, at whatever step: the rest
%% brings all modules and processes to the new code, or back, and lets everybody go.
-module(hot_deploy_switch).
-export([run/1]).

%% Of the watcher and the worker. Nobody may enter the agent, which would load its modules anew under them, while one of these
%% is there.
-define(WATCHER, hot_deploy_switch).
-define(WORKER, hot_deploy_switch_worker).
%% Milliseconds beyond the time-outs that were asked for, after which the worker hangs.
-define(PATIENCE, 60000).
%% How often it begins anew when a module is loaded by itself under it.
-define(TRIES, 3).
%% How often it looks whether those that begin have begun.
-define(LOOKS, 50).

-type request() :: #{
    parts := [hot_deploy_set:part()],
    %% Which of the two has the code_change functions, and is told so.
    direction := up | down,
    suspend_timeout := pos_integer(),
    code_change_timeout := pos_integer(),
    %% What is said to run once all modules are those of `to`.
    release => {Name :: string(), Version :: string()},
    %% All settings that are to stand then, where they are known.
    environment => [{atom(), [{atom(), term()}]}],
    _ => _
}.
%% What has begun, as far as it has to be undone or finished.
-type journal() :: #{
    request := request(),
    plan => hot_deploy_set:plan(),
    held := hot_deploy_hold:held(),
    %% Suspended by somebody else: they stay so.
    before := [pid()],
    specified => hot_deploy_paths:specified(),
    %% All states are taken over: from here on it goes forward.
    settled => map()
}.
-export_type([request/0, journal/0]).

-spec run(request()) -> hot_deploy_json:json().
run(Request) ->
    Caller = self(),
    {Watcher, Monitor} = spawn_monitor(fun() -> watch(Caller, Request) end),
    receive
        {Watcher, Answer} ->
            %% Its name is free then.
            receive {'DOWN', Monitor, process, Watcher, _} -> Answer end;
        {'DOWN', Monitor, process, Watcher, busy} ->
            throw({refused, busy, <<"another switch of this node is under way">>});
        {'DOWN', Monitor, process, Watcher, Why} ->
            throw({refused, interrupted, text("the switch was ended from outside: ~0tp", [hot_deploy_term:kind(Why)])})
    end.

watch(Caller, Request) ->
    named(?WATCHER),
    Answer = attempt(Request, ?TRIES),
    case is_process_alive(Caller) of
        true -> Caller ! {self(), Answer};
        false -> leave()
    end.

%% A worker that has lost its watcher finishes what it has begun.
named(Name) ->
    try register(Name, self()) of
        true -> whereis(?WORKER) =:= undefined orelse Name =:= ?WORKER orelse exit(busy)
    catch
        error:badarg -> exit(busy)
    end.

attempt(Request, Tries) ->
    Watcher = self(),
    %% Thousands answer it at once.
    {Worker, Monitor} = spawn_opt(fun() -> named(?WORKER), work(Watcher, Request) end, [monitor, {message_queue_data, off_heap}]),
    case follow(Worker, Monitor, #{request => Request, held => [], before => []}, infinity) of
        #{result := again} when Tries > 1 -> attempt(Request, Tries - 1);
        #{result := again} = Answer -> Answer#{result := refused};
        Answer -> Answer
    end.

follow(Worker, Monitor, Journal, Deadline) ->
    receive
        {Worker, Key, Value} -> follow(Worker, Monitor, Journal#{Key => Value}, deadline(Key, Journal, Deadline));
        {'DOWN', Monitor, process, Worker, {done, Answer}} -> Answer;
        {'DOWN', Monitor, process, Worker, Why} -> hot_deploy_undo:put_right(Journal, Why)
    after left(Deadline) ->
        exit(Worker, kill),
        follow(Worker, Monitor, Journal, infinity)
    end.

deadline(held, #{request := #{suspend_timeout := Suspend, code_change_timeout := Change}}, infinity) ->
    erlang:monotonic_time(millisecond) + Suspend + Change + ?PATIENCE;
deadline(_, _, Deadline) ->
    Deadline.

left(infinity) -> infinity;
left(Deadline) -> max(0, Deadline - erlang:monotonic_time(millisecond)).

%% Where the one who called is gone, nobody else takes the agent away. Code that ends itself cannot wait for that: the rest runs
%% in OTP's own.
leave() ->
    Own = [Module || {Module, "hot_deploy"} <- code:all_loaded()],
    {ok, Tokens, _} = erl_scan:string("[begin code:purge(M), code:delete(M), code:purge(M) end || M <- Own]."),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    erl_eval:exprs(Expressions, [{'Own', Own}]).

work(Watcher, Request) ->
    try steps(fun(Key, Value) -> Watcher ! {self(), Key, Value}, put(Key, Value) end, Request) of
        Answer -> exit({done, Answer})
    catch
        Class:Why:Stack ->
            case is_process_alive(Watcher) of
                true -> exit(crash(Class, Why, Stack));
                false -> hot_deploy_undo:put_right(maps:merge(#{request => Request, held => [], before => []}, maps:from_list(get())), crash(Class, Why, Stack))
            end
    end.

crash(exit, {stopped, _} = Why, _) -> Why;
crash(throw, {refused, _, _} = Why, _) -> Why;
crash(_, Why, Stack) -> {Why, Stack}.

steps(Note, #{parts := Parts, direction := Direction, suspend_timeout := Suspend} = Request) ->
    %% In interactive mode what nobody has needed yet would be read from the disk while everybody stands still.
    [{module, _} = code:ensure_loaded(Module) || Module <- [sys, gen, ordsets, hot_deploy_undo]],
    Old = lists:sort(erlang:processes()),
    #{load := Load, wait := Wait, delete := Delete, done := Done, reasons := Reasons} = Plan = hot_deploy_set:plan(Parts),
    Reasons =:= [] orelse stop(#{result => refused, why => modules, reasons => Reasons}),
    case hot_deploy_set:unpurged(Load ++ Delete) of
        [] -> ok;
        Kept -> stop(#{result => refused, why => draining, processes => hot_deploy_node:processes(Kept)})
    end,
    Prepared = hot_deploy_set:prepare(Load, new),
    {Versions, Modules} = hot_deploy_set:versions(Load, Direction),
    Specified = hot_deploy_paths:specified(Parts, maps:get(environment, Request, none)),
    Found = hot_deploy_running:find(Modules),
    Note(plan, Plan),
    Note(before, [Pid || {Pid, _, _} <- Found, hot_deploy_node:is_suspended(Pid)]),
    _ = hot_deploy_hold:nobody(),
    process_flag(priority, high),
    Started = erlang:monotonic_time(microsecond),
    hold(Note, Found, [], Suspend),
    Held = ahead(Direction, fun(Known) -> gather(Note, Modules, Old, Known, Suspend, ?LOOKS) end, Found, Found, Versions, Request),
    hot_deploy_paths:exchange(Parts),
    [stop(#{result => again, why => loaded_meanwhile, modules => [Module]})
     || #{module := Module, to := To} <- Wait, not lists:member(hot_deploy_node:loaded_digest(Module), [undefined, To])],
    finish(Load, Prepared),
    %% A pid that is made later is greater.
    Marker = spawn(fun() -> ok end),
    Changed = specify(Note, Specified),
    {All, Late} = followed(Note, Modules, Old, Held, Marker, Versions, Request),
    Facts = #{result => applied, held => length(All), loaded => length(Load), waiting => length(Wait), done => length(Done),
              deleted => [Module || #{module := Module} <- Delete], notMigrated => Late, changed => Changed, started => Started},
    Note(settled, Facts),
    hot_deploy_undo:forward(#{request => Request, plan => Plan, held => All, before => get(before), settled => Facts}).

%% Nobody may stand still that the watcher has not heard of.
hold(Note, New, Held, Timeout) ->
    Note(held, New ++ Held),
    case hot_deploy_hold:hold(New, Timeout) of
        [] -> ok;
        Silent -> stop(#{result => refused, why => process_not_answering, processes => notes(Silent, New)})
    end.

%% Those that have come since. One that begins in this moment does not tell yet whom it runs.
gather(Note, Modules, Old, Held, Timeout, Looks) ->
    Since = since(Old, Held),
    case hot_deploy_running:find(Modules, Since) of
        [] ->
            case Looks > 0 andalso lists:any(fun hot_deploy_running:begins/1, Since) of
                true -> erlang:yield(), gather(Note, Modules, Old, Held, Timeout, Looks - 1);
                false -> Held
            end;
        New ->
            hold(Note, New, Held, Timeout),
            gather(Note, Modules, Old, New ++ Held, Timeout, Looks)
    end.

since(Old, Held) -> ordsets:subtract(ordsets:subtract(lists:sort(erlang:processes()), Old), lists:usort([Pid || {Pid, _, _} <- Held])).

%% On the way down it is the newer code, which knows both states, that is asked. A supervisor is asked for its children anew,
%% which only the code that comes knows.
ahead(up, Gather, Held, _, _, _) ->
    Gather(Held);
ahead(down, Gather, Held, New, Versions, Request) ->
    change([Each || {_, _, Kind} = Each <- New, Kind =/= supervisor], Versions, Request),
    case Gather(Held) of
        Held -> Held;
        More -> ahead(down, Gather, More, More -- Held, Versions, Request)
    end.

change(Held, Versions, #{code_change_timeout := Timeout}) ->
    case hot_deploy_hold:change(Held, Versions, Timeout) of
        [] -> ok;
        Failed -> stop(#{result => undone, why => code_change_failed, processes => failures(Failed)})
    end.

%% Once: a preparation that is used twice ends the VM.
finish([], _) ->
    ok;
finish(_, Prepared) ->
    case code:finish_loading(Prepared) of
        ok -> ok;
        {error, Errors} -> stop(#{result => refused, why => not_loaded, reasons => [#{module => Module, why => Why} || {Module, Why} <- Errors]})
    end.

specify(_, none) ->
    none;
specify(Note, {Now, {Specifications, Values}}) ->
    Note(specified, Now),
    hot_deploy_environment:exchange(Specifications, Values).

%% Who has come between the last look and the load has the state of the code before as well, or begins in the new code just now:
%% what such a one cannot take over stands in nobody's way. On the way down only the code that has gone could. They are told.
followed(Note, Modules, Old, Held, Marker, Versions, #{direction := Direction, suspend_timeout := Suspend, code_change_timeout := Timeout} = Request) ->
    Asked = fun(Kind) -> Direction =:= up orelse Kind =:= supervisor end,
    change([Each || {_, _, Kind} = Each <- Held, Asked(Kind)], Versions, Request),
    {New, Late} = lists:partition(fun({_, _, Kind}) -> Asked(Kind) end, hot_deploy_running:find(Modules, [Pid || Pid <- since(Old, Held), Pid < Marker])),
    Note(held, New ++ Held),
    Silent = hot_deploy_hold:hold(New, Suspend),
    Failed = [Pid || {Pid, _, _} <- hot_deploy_hold:change([Each || {Pid, _, _} = Each <- New, not lists:member(Pid, Silent)], Versions, Timeout)],
    {New ++ Held, notes(Failed ++ Silent ++ [Pid || {Pid, _, _} <- Late], New ++ Late)}.

-spec stop(map()) -> no_return().
stop(Answer) -> exit({stopped, Answer}).

notes(Pids, Found) -> [hot_deploy_node:note(Pid, [Module || {Each, Module, _} <- Found, Each =:= Pid]) || Pid <- Pids].

failures(Failed) ->
    [(hot_deploy_node:note(Pid, [Module]))#{why => text("~0tp", [hot_deploy_term:kind(Why)])} || {Pid, Module, Why} <- Failed].

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).
