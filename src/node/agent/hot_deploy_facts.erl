%% What a release that runs has made of itself, as far as two boots of it agree: names, tables, persistent terms,
%% settings, and the shapes of its processes' states. For comparing one that was upgraded with one that was booted.
-module(hot_deploy_facts).
-export([booted/1, read/1, registrations/0]).
-export([workers/0, children/1, callback/1, shape/1]).

%% Milliseconds, for a process, and for a supervisor: children that are not told would be missing in a comparison.
-define(PATIENCE, 500).
-define(CHILDREN, 10000).
%% Whoever asks has this name meanwhile.
-define(INSIDE, hot_deploy_agent).
%% Milliseconds between two looks at a boot, and at what a start left to handle_continue or to messages to itself; looks.
-define(BOOTING, 50).
-define(REST, 150).
-define(LOOKS, 5).
%% Deeper than this, and in wider maps, it is data and no structure.
-define(DEPTH, 5).
-define(WIDTH, 64).

%% All facts once the boot script has run to its end, and they stay as they are; no facts if it runs for longer, in milliseconds.
-spec booted(#{salt := binary(), given := [string()], secrets := binary(), within := integer()}) -> hot_deploy_json:json().
booted(#{within := Within} = Request) when Within =< 0 ->
    booted(Request, init:get_status());
booted(#{within := Within} = Request) ->
    case init:get_status() of
        {started, _} = Started -> booted(Request, Started);
        _ -> timer:sleep(?BOOTING), booted(Request#{within := Within - ?BOOTING})
    end.

booted(#{secrets := Pattern} = Request, {started, _}) ->
    #{booted => true, facts => at_rest(Request, read(Request), ?LOOKS - 1), secrets => hot_deploy_secrets:values(Pattern)};
booted(_, _) ->
    #{booted => false}.

at_rest(_, Facts, 0) ->
    Facts;
at_rest(Request, #{states := States, registrations := Registrations}, Looks) ->
    timer:sleep(?REST),
    case read(Request) of
        #{states := States, registrations := Registrations} = Facts -> Facts;
        Facts -> at_rest(Request, Facts, Looks - 1)
    end.

%% Given are the names of variables that this boot alone has so. Contents are read where they are asked for.
-spec read(#{salt := binary(), given := [string()], contents => true, _ => _}) -> hot_deploy_json:json().
read(#{contents := true} = Request) ->
    Facts = read(maps:remove(contents, Request)),
    Facts#{contents => hot_deploy_contents:read(Request)};
read(#{salt := Salt, given := Given}) ->
    Sources = hot_deploy_origin:sources(Given),
    #{
        identity => hot_deploy_node:identify(#{}),
        tree => maps:get(applications, hot_deploy_tree:read(#{also => fun(Spec) -> carried(Spec, Sources) end})),
        registrations => registrations(),
        settings => [[Application, printed(Key), hot_deploy_term:sketch(Value, Salt)]
                     || {Application, _, _} <- application:loaded_applications(),
                        {Key, Value} <- application:get_all_env(Application)],
        states => states(Salt)
    }.

%% The specification as it may be carried to another node, and as it is compared with one that has another environment.
carried(#{start := {Module, Function, Arguments}} = Spec, Sources) ->
    Text = fun(Term) -> maps:get(text, hot_deploy_term:describe(Term)) end,
    Start = {Module, Function, hot_deploy_origin:masked(Arguments, Sources)},
    Compared = #{
        text => Text(Spec#{start := Start}), start => Text(Start),
        exact => Text(Spec), exactStart => Text({Module, Function, Arguments})
    },
    case hot_deploy_origin:carried(Arguments, Sources) of
        {ok, Carried} -> Compared#{carried => Text(Spec#{start := {Module, Function, Carried}})};
        {part_of, Name} -> Compared#{partOf => unicode:characters_to_binary(Name)}
    end.

%% What others find by name.
-spec registrations() -> hot_deploy_json:json().
registrations() ->
    #{
        names => lists:usort([atom_to_binary(Name) || Name <- registered(), Name =/= ?INSIDE] ++ [printed({global, Name}) || Name <- global_names()]),
        tables => lists:usort([table(Table) || Table <- ets:all(), ets:info(Table, named_table) =:= true]),
        terms => lists:usort([printed(hot_deploy_term:stable(Key)) || {Key, _} <- persistent_term:get(), not own(Key)])
    }.

own({hot_deploy_token, _}) -> true;
own(_) -> false.

global_names() ->
    case whereis(global_name_server) of
        undefined -> [];
        _ -> global:registered_names()
    end.

%% A table can end between two questions.
table(Table) ->
    Known = [ets:info(Table, Item) || Item <- [type, protection, keypos]],
    printed(list_to_tuple([ets:info(Table, name) | Known])).

%% Of all supervised workers that let themselves be asked. Where no child specification names a process, its place is that
%% of its supervisor, and `*`.
states(Salt) ->
    Places = maps:from_list([{Pid, Place} || {Place, Pid} <- workers(), listens(Pid)]),
    Answers = hot_deploy_check:answer(maps:keys(Places), fun(Pid) -> shaped(sys:get_state(Pid, ?PATIENCE), Salt) end),
    [Shape#{place => maps:get(Pid, Places), module => Module}
     || {Pid, {ok, Shape}} <- Answers, Module <- [callback(Pid)], Module =/= none].

shaped(State, Salt) -> #{shape => shape(State), sketch => hot_deploy_term:sketch(State, Salt)}.

-spec workers() -> [{binary(), pid()}].
workers() ->
    lists:append([workers(atom_to_binary(Application), Top)
                  || {Application, Top} <- maps:to_list(hot_deploy_tree:walk(all)),
                     not lists:member(Application, [kernel, stdlib, sasl, logger, elixir])]).

workers(Path, #{type := dynamic, at := Pid}) ->
    [{<<Path/binary, "/*">>, Child} || {_, Child, worker, _} <- children(Pid), is_pid(Child)];
workers(Path, #{type := worker, at := Pid}) ->
    [{Path, Pid}];
workers(Path, #{children := Children}) ->
    lists:append([workers(<<Path/binary, "/", (maps:get(id, Child))/binary>>, Child) || Child <- Children]);
workers(_, _) ->
    [].

-spec children(pid()) -> [{term(), pid() | undefined | restarting, atom(), term()}].
children(Pid) ->
    %% One that is suspended never answers.
    try gen_server:call(Pid, which_children, ?CHILDREN) of
        Children when is_list(Children) -> Children
    catch
        _:_ -> []
    end.

%% Whether it would hear a system message: one that waits elsewhere, for a socket say, would only cost the time-out.
listens(Pid) ->
    case process_info(Pid, [status, current_function]) of
        [{status, waiting}, {current_function, {Module, _, _}}] ->
            lists:member(Module, [gen_server, gen_statem, gen_event, gen_fsm, sys, erlang]) orelse
                erlang:function_exported(Module, system_continue, 3);
        [_, _] -> true;
        undefined -> false
    end.

-spec callback(pid()) -> module() | none.
callback(Pid) ->
    try proc_lib:initial_call(Pid) of
        {Module, _, _} -> Module;
        false -> none
    catch
        _:_ -> none
    end.

%% The shape of a term: what kind of thing stands where, and nothing of what it says, since states hold secrets.
-spec shape(term()) -> hot_deploy_json:json().
shape(Term) -> shape(Term, ?DEPTH).

shape(Term, _) when Term =:= nil; Term =:= undefined; Term =:= none -> none;
shape(Term, _) when is_boolean(Term) -> boolean;
shape(Term, _) when is_atom(Term) -> atom;
shape(Term, _) when is_number(Term) -> number;
shape(Term, _) when is_bitstring(Term) -> binary;
shape(Term, _) when is_pid(Term) -> pid;
shape(Term, _) when is_port(Term) -> port;
shape(Term, _) when is_reference(Term) -> reference;
shape(Term, _) when is_function(Term) -> function;
shape(Term, _) when is_list(Term) -> list;
shape(Term, _) when is_map(Term), map_size(Term) > ?WIDTH -> map;
shape(Term, 0) when is_map(Term) -> map;
shape(Term, 0) when is_tuple(Term) -> tuple;
%% Their insides follow the data.
shape(Term, _) when element(1, Term) =:= dict; element(1, Term) =:= set; element(1, Term) =:= array -> tuple;
shape(#{'__struct__' := 'Elixir.MapSet'}, _) -> map;
shape(#{'__struct__' := Name} = Struct, Depth) ->
    #{struct => Name, members => members(maps:remove('__struct__', Struct), Depth)};
shape(Map, Depth) when is_map(Map) ->
    case lists:all(fun is_atom/1, maps:keys(Map)) of
        true -> #{members => members(Map, Depth)};
        false -> map
    end;
shape(Tuple, Depth) when is_tuple(Tuple) ->
    #{elements => [shape(Element, Depth - 1) || Element <- tuple_to_list(Tuple)]}.

members(Map, Depth) -> maps:map(fun(_, Value) -> shape(Value, Depth - 1) end, Map).

printed(Term) -> unicode:characters_to_binary(io_lib:format("~0tp", [Term])).
