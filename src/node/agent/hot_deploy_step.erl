%% What a relup does that systools has no instruction for. It lies in the bundle, and the relup loads it, calls it and deletes
%% it: so it calls none of the agent's modules. Nobody reads the answer of an instruction in a relup, and an exception would
%% restart the VM: the proof tells what is missing.
-module(hot_deploy_step).
-export([children/3, config_change/1]).

%% A child's id, with what only a VM knows written as '<reference>', '<random number>', and so on; and the how many-eth child
%% of that id it is.
-type id() :: {term(), pos_integer()}.
-type plan() :: #{
    %% Known to the supervisor, and to be ended.
    gone := [id()],
    %% Whether its callback module has already told it its new specifications.
    told := boolean(),
    %% In the order in which a cold boot starts them. Of a child that is kept the start function and arguments stay.
    children := [{keep, id()} | {change, id(), supervisor:child_spec()} | {new, id(), supervisor:child_spec() | none}],
    flags := map()
}.

%% Elixir's supervisor of a list of children has no callback module that would know the new list: this one gives back what it
%% was started with.
-define(LIST, 'Elixir.Supervisor.Default').

%% Brings a supervisor to the children that another release starts there. Those that both have go on running.
-spec children(atom(), [id()], plan()) -> ok | {error, term()}.
children(Application, Trail, Plan) ->
    try
        updated(find(Application, Trail), Plan)
    catch
        _:Reason -> {error, Reason}
    end.

%% Lets an application take up what is no setting, such as files of its priv directory. Whoever had another setting is told of
%% that by release_handler, after this.
-spec config_change(module()) -> ok | {error, term()}.
config_change(Module) ->
    try
        Module:config_change([], [], []),
        ok
    catch
        _:Reason -> {error, Reason}
    end.

find(Application, Trail) ->
    {Top, _} = application_master:get_child(application_controller:get_master(Application)),
    lists:foldl(fun(Id, Supervisor) -> element(2, lists:keyfind(one(Id, Supervisor), 1, known(Supervisor))) end, Top, Trail).

updated(Supervisor, #{gone := Gone, children := Children} = Plan) ->
    [begin supervisor:terminate_child(Supervisor, Id), supervisor:delete_child(Supervisor, Id) end
     || Id <- lists:reverse(found(Gone, Supervisor))],
    Before = [Id || {Id, _} <- known(Supervisor)],
    specify(Supervisor, Plan, Before),
    %% Its callback module may have told it of them already.
    Started = [Id || {Id, undefined} <- known(Supervisor),
                     lists:any(fun({new, {Pattern, _}, _}) -> matches(Pattern, Id);
                                  (_) -> false
                               end, Children)],
    [supervisor:restart_child(Supervisor, Id) || Id <- Started],
    forget(Supervisor),
    ok.

specify(_, #{told := true}, _) ->
    ok;
specify(Supervisor, Plan, Ids) ->
    ok = sys:suspend(Supervisor),
    try
        State = sys:get_state(Supervisor),
        case callback(State) of
            ?LIST -> exchange(Supervisor, State, Plan, Ids);
            Module -> ok = sys:change_code(Supervisor, Module, undefined, [])
        end
    after
        sys:resume(Supervisor)
    end.

%% The record of supervisor.erl ends with the callback module and its argument, from OTP 18 to 28.
callback(State) when element(1, State) =:= state -> element(tuple_size(State) - 1, State).

exchange(Supervisor, State, Plan, Ids) ->
    {ok, {Flags, Known}} = Argument = element(tuple_size(State), State),
    New = {ok, {flags(Flags, Plan), specifications(Known, State, Plan, Ids)}},
    put_argument(Supervisor, New),
    case sys:change_code(Supervisor, ?LIST, undefined, []) of
        ok -> ok;
        {error, Reason} -> put_argument(Supervisor, Argument), exit(Reason)
    end.

put_argument(Supervisor, Argument) ->
    sys:replace_state(Supervisor, fun(State) -> setelement(tuple_size(State), State, Argument) end).

flags(Flags, #{flags := Changed}) when is_map(Flags) -> maps:merge(Flags, Changed);
flags({Strategy, Intensity, Period}, #{flags := Changed}) ->
    maps:merge(#{strategy => Strategy, intensity => Intensity, period => Period}, Changed).

%% Of a child that is kept, its own specification: that of the list it was started from, or, if somebody has started it later,
%% that of the supervisor's record. A temporary child that has ended has none any more and is left out.
specifications(Known, State, #{children := Children}, Ids) ->
    Own = [specification(Spec) || Spec <- Known],
    Chosen = fun(Wanted) ->
        [hd([Spec || #{id := Its} = Spec <- Own, Its =:= Id] ++ [recorded(Id, State)]) || Id <- found([Wanted], Ids)]
    end,
    lists:append([
        case Child of
            {keep, Id} -> Chosen(Id);
            {change, Id, Changed} -> [maps:merge(Changed, maps:with([id, start], Spec)) || Spec <- Chosen(Id)];
            {new, _, Spec} -> [resolved(Spec)]
        end || Child <- Children]).

recorded(Id, State) ->
    {_, #{Id := Child}} = element(4, State),
    {child, _, Id, Start, Restart, _, Shutdown, Type, Modules} = Child,
    specification({Id, Start, Restart, Shutdown, Type, Modules}).

specification(#{} = Spec) -> Spec;
specification({Id, Start, Restart, Shutdown, Type, Modules}) ->
    #{id => Id, start => Start, restart => Restart, shutdown => Shutdown, type => Type, modules => Modules}.

%% A temporary child that had ended gets its specification back with the others, and none after a boot once it has ended.
forget(Supervisor) ->
    [supervisor:delete_child(Supervisor, Id)
     || {Id, undefined} <- known(Supervisor),
        {ok, #{restart := temporary}} <- [supervisor:get_childspec(Supervisor, Id)]].

%% In the order in which they were started.
known(Supervisor) -> [{Id, At} || {Id, At, _, _} <- lists:reverse(supervisor:which_children(Supervisor))].

one(Id, Supervisor) ->
    [Found] = found([Id], Supervisor),
    Found.

found(Wanted, Supervisor) when is_pid(Supervisor) -> found(Wanted, [Id || {Id, _} <- known(Supervisor)]);
found(Wanted, Ids) ->
    lists:append([
        case [Id || Id <- Ids, matches(Pattern, Id)] of
            Alike when length(Alike) >= Number -> [lists:nth(Number, Alike)];
            _ -> []
        end || {Pattern, Number} <- Wanted]).

%% A specification comes from a boot elsewhere. What that boot took from its environment or its settings is taken here from
%% this node's own; several names of one value there have to name one value here. A reference is made anew.
resolved({'<from>', Sources}) ->
    case lists:usort([value(Source) || Source <- Sources]) of
        [Value] -> Value;
        _ -> exit({ambiguous, Sources})
    end;
resolved('<reference>') -> make_ref();
resolved('<node>') -> node();
resolved(Tuple) when is_tuple(Tuple) -> list_to_tuple([resolved(Element) || Element <- tuple_to_list(Tuple)]);
resolved(Map) when is_map(Map) -> maps:from_list(resolved(maps:to_list(Map)));
resolved([Head | Tail]) -> [resolved(Head) | resolved(Tail)];
resolved(Term) -> Term.

value({environment, Name, Type}) ->
    case os:getenv(Name) of
        false -> exit({not_set, Name});
        Text when Type =:= binary -> unicode:characters_to_binary(Text);
        Text when Type =:= number -> list_to_integer(Text);
        Text -> Text
    end;
value({setting, Application, Key, Path}) ->
    {ok, Value} = application:get_env(Application, Key),
    lists:foldl(fun below/2, Value, Path).

below({key, Key}, Map) when is_map(Map) -> maps:get(Key, Map);
below({key, Key}, List) -> element(2, lists:keyfind(Key, 1, List));
below({at, Number}, Tuple) when is_tuple(Tuple) -> element(Number, Tuple);
below({at, Number}, List) -> lists:nth(Number, List).

matches('<reference>', Term) -> is_reference(Term);
matches('<pid>', Term) -> is_pid(Term);
matches('<port>', Term) -> is_port(Term);
matches('<random atom>', Term) -> is_atom(Term);
matches('<random binary>', Term) -> is_binary(Term);
matches('<random number>', Term) -> is_number(Term);
matches('<random string>', Term) -> is_list(Term);
matches({'<fun>', Module, Arity, _}, Term) when is_function(Term, Arity) ->
    erlang:fun_info(Term, module) =:= {module, Module};
matches(Pattern, Term) when is_tuple(Pattern), tuple_size(Pattern) =:= tuple_size(Term) ->
    matches(tuple_to_list(Pattern), tuple_to_list(Term));
matches([Pattern | Patterns], [Term | Terms]) -> matches(Pattern, Term) andalso matches(Patterns, Terms);
matches(Pattern, Term) when is_map(Pattern), is_map(Term) ->
    matches(lists:sort(maps:to_list(Pattern)), lists:sort(maps:to_list(Term)));
matches(Pattern, Term) -> Pattern =:= Term.
