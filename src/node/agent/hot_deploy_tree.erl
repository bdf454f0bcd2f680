%% The supervision tree, as its supervisors tell it. Nothing here waits for ever: a supervisor that
%% does not answer is told as such, since release_handler would wait for it, or crash on it.
-module(hot_deploy_tree).
-export([read/1, walk/1]).

-define(PATIENCE, 2000).

%% The tree of every running application, children of simple_one_for_one and of dynamic supervisors
%% left out: they come and go with the work. Somebody may have more to tell of each child's specification.
-spec read(#{also => fun((supervisor:child_spec()) -> map())}) -> hot_deploy_json:json().
read(Request) ->
    Also = maps:get(also, Request, fun(_) -> #{} end),
    #{applications => maps:map(fun(_, Top) -> plain(Top, Also) end, walk(all))}.

%% Application to its top process. Each node keeps its pid under `at`, for the one who carries on from here.
-spec walk(all) -> #{atom() => map()}.
walk(all) ->
    maps:from_list(
        [{Application, top(Master)} || {Application, _, _} <- application:which_applications(5000),
                                       Master <- [application_controller:get_master(Application)],
                                       is_pid(Master)]
    ).

top(Master) ->
    {Root, _} = application_master:get_child(Master),
    process(#{id => <<"top">>, at => Root, type => kind(Root)}).

%% A supervisor is known by how it was started, never by asking: a process that is none may crash
%% on the question.
kind(Pid) ->
    case proc_lib:initial_call(Pid) of
        {supervisor, _, _} -> supervisor;
        _ -> worker
    end.

process(#{at := Pid, type := supervisor} = Node) ->
    try told(Pid) of
        dynamic ->
            Node#{type => dynamic};
        {Settings, Children} ->
            Named = maps:merge(Node, Settings#{name => name(Pid)}),
            Starts = maps:get(starts, Settings, #{}),
            (maps:remove(starts, Named))#{children => [child(Pid, Child, Starts) || Child <- lists:reverse(Children)]}
    catch
        exit:_ -> Node#{type => unanswering}
    end;
process(Node) ->
    Node.

told(Pid) ->
    case settings(sys:get_state(Pid, ?PATIENCE)) of
        #{strategy := Strategy} = Settings when Strategy =/= simple_one_for_one ->
            {Settings, gen_server:call(Pid, which_children, ?PATIENCE)};
        _ ->
            %% A suspended one tells its state, too. Whether it serves this tells, without a list of all children.
            _ = gen_server:call(Pid, count_children, ?PATIENCE),
            dynamic
    end.

%% The record of supervisor.erl: {state, Name, Strategy, Children, Dynamics, Intensity, Period, ..., Module, Args}, the
%% same from OTP 18 to 28. Elixir's DynamicSupervisor passes for a supervisor and keeps a map.
settings(State) when element(1, State) =:= state ->
    #{
        strategy => element(3, State),
        intensity => element(6, State),
        period => element(7, State),
        callback => element(tuple_size(State) - 1, State),
        starts => starts(element(tuple_size(State), State))
    };
settings(_) ->
    dynamic.

%% A supervisor forgets with what a temporary child was started. One of a list of children has the list.
starts({ok, {_, Specifications}}) when is_list(Specifications) ->
    maps:from_list([{Id, Start} || #{id := Id, start := Start} <- Specifications]);
starts(_) ->
    #{}.

child(Supervisor, {Id, At, Type, Modules}, Starts) ->
    Node = #{
        id => hot_deploy_term:printed(Id),
        type => Type,
        modules => modules(Modules),
        running => is_pid(At)
    },
    Specified =
        case supervisor:get_childspec(Supervisor, Id) of
            {ok, #{start := Forgotten} = Known} ->
                Start = maps:get(Id, Starts, Forgotten),
                Spec = Known#{start := Start},
                #{text := Text} = hot_deploy_term:describe(Start),
                Node#{spec => (hot_deploy_term:describe(Spec))#{start => Text}, specified => Spec};
            {error, _} -> Node
        end,
    case {Type, At} of
        {supervisor, Pid} when is_pid(Pid) ->
            process(Specified#{at => Pid, type => nested_kind(Pid)});
        {worker, Pid} when is_pid(Pid) -> runs(Specified#{at => Pid});
        _ -> Specified
    end.

%% What it was started with: a behaviour's process by its callback module's init/1, an Agent or a Task by a function.
runs(#{at := Pid} = Node) ->
    case proc_lib:initial_call(Pid) of
        {Module, init, [_]} -> Node#{runs => <<(atom_to_binary(Module))/binary, ":init/1">>};
        {Module, _, _} -> Node#{runs => Module};
        false -> Node
    end.

nested_kind(Pid) ->
    case kind(Pid) of
        worker -> dynamic;
        Kind -> Kind
    end.

modules(dynamic) -> dynamic;
modules(Modules) -> Modules.

name(Pid) ->
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> Name;
        _ -> null
    end.

plain(#{children := Children} = Node, Also) ->
    (told_of(Node, Also))#{children => [plain(Child, Also) || Child <- Children]};
plain(Node, Also) ->
    told_of(Node, Also).

told_of(#{specified := Specified, spec := Spec} = Node, Also) ->
    maps:without([at, specified], Node#{spec := maps:merge(Spec, Also(Specified))});
told_of(Node, _) ->
    maps:remove(at, Node).
