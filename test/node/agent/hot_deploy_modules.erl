%% The switch of modules as tests see it: what it would meet, the switch itself, and what stands afterwards.
-module(hot_deploy_modules).
-export([check/1, apply/1, stands/1]).


%% What the switch would meet. Nothing is touched.
-spec check(hot_deploy_switch:request()) -> hot_deploy_json:json().
check(#{parts := Parts, direction := Direction, suspend_timeout := Timeout}) ->
    #{load := Load, wait := Wait, delete := Delete, done := Done, reasons := Reasons} = hot_deploy_set:plan(Parts),
    {_, Modules} = hot_deploy_set:versions(Load, Direction),
    Found = hot_deploy_running:find(Modules),
    Pids = lists:usort([Pid || {Pid, _, _} <- Found]),
    Asked = hot_deploy_hold:ask([{Pid, Pid, {debug, {statistics, get}}} || Pid <- Pids], Timeout),
    Touched = maps:from_list([{Module, true} || #{module := Module} <- Load ++ Delete]),
    Others = ordsets:subtract(lists:sort(erlang:processes()), Pids),
    #{kept := Kept, unseen := Unseen} = hot_deploy_funs:kept(maps:keys(Touched)),
    #{
        mode => code:get_mode(),
        reasons => Reasons,
        load => names(Load),
        wait => names(Wait),
        delete => names(Delete),
        done => Done,
        held => length(Pids),
        counts => counts([Module || {_, Module, _} <- Found]),
        unanswering => [hot_deploy_node:note(Pid, [Module || {Each, Module, _} <- Found, Each =:= Pid]) || {Pid, silent} <- Asked],
        suspended => [hot_deploy_node:note(Pid, []) || Pid <- Pids, hot_deploy_node:is_suspended(Pid)],
        %% They stay in the code that is old then, and stand in the way of a way back after a code_change that failed.
        staying => [hot_deploy_node:note(Pid, Inside) || {Pid, Inside} <- hot_deploy_running:inside(Touched, Others)],
        funs => Kept,
        unseen => Unseen
    }.

counts(Modules) -> lists:foldl(fun(Module, Counts) -> maps:update_with(Module, fun(N) -> N + 1 end, 1, Counts) end, #{}, Modules).
names(Changes) -> [Module || #{module := Module} <- Changes].

-spec apply(hot_deploy_switch:request()) -> hot_deploy_json:json().
apply(Request) -> hot_deploy_switch:run(Request).

%% What runs, after an answer that was lost or a step that was cut off: the digests, not what anybody has said.
-spec stands(#{parts := [hot_deploy_set:part()]}) -> hot_deploy_json:json().
stands(#{parts := Parts}) ->
    Is = [{Name, {From, To}, digest(Name)} || #{modules := Modules} <- Parts, {Name, From, To} <- Modules],
    Path = code:get_path(),
    Directories = [{lists:member(From, Path), lists:member(To, Path)} || #{from := From, to := To} <- Parts, From =/= To],
    #{
        code => side([side(Changes, Digest, code:get_mode()) || {_, Changes, Digest} <- Is]),
        path => side([case Each of {true, false} -> from; {false, true} -> to; {false, false} -> neither; _ -> mixed end || Each <- Directories]),
        running => maps:from_list([{unicode:characters_to_binary(Name), Digest} || {Name, _, Digest} <- Is]),
        suspended => hot_deploy_drift:suspended()
    }.

digest(Name) ->
    case catch list_to_existing_atom(Name) of
        Module when is_atom(Module) ->
            case hot_deploy_node:loaded_digest(Module) of
                undefined -> null;
                Digest -> Digest
            end;
        _ -> null
    end.

%% A module that is not loaded may come from either side when it is called for. In embedded mode nothing comes by itself.
side({To, To}, To, _) -> neither;
side({_, To}, To, _) -> to;
side({From, _}, From, _) -> from;
side({_, none}, null, embedded) -> to;
side({none, _}, null, embedded) -> from;
side(_, null, _) -> neither;
side(_, _, _) -> other.

side(Sides) ->
    case lists:usort(Sides) -- [neither] of
        [] -> neither;
        [Side] -> Side;
        _ -> mixed
    end.
