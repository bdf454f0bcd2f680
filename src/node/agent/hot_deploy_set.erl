%% A set of modules that change together: which of them this node has to load, delete or leave, and what stands against it.
-module(hot_deploy_set).
-export([plan/1, prepare/2, files/2, running/1, versions/2, unpurged/1]).

%% In hexadecimal, as hot_deploy_node tells it.
-type md5() :: binary().
%% The modules of one directory of the code path, and the directory that takes its place. Names come as text: an atom that is
%% made once stays for ever.
-type part() :: #{
    %% None for consolidated protocols.
    application := atom(),
    from := string() | none,
    to := string() | none,
    modules := [{Name :: string(), From :: md5() | none, To :: md5() | none}]
}.
-type reason() :: hot_deploy_json:json().
-type change() :: #{
    module := module(), from := md5() | none, to := md5() | none, old := string() | none, new := string() | none,
    %% What is loaded before.
    was := md5() | none
}.
-type plan() :: #{
    %% What has to be loaded, each with the code that is there now, if any.
    load := [change()],
    %% Not loaded on this node: it comes from the new directory when it is called for.
    wait := [change()],
    delete := [change()],
    %% At its new code already.
    done := [module()],
    reasons := [reason()]
}.
-export_type([md5/0, part/0, change/0, plan/0]).

-spec plan([part()]) -> plan().
plan(Parts) ->
    Changes = [Change || Part <- Parts, Change <- changes(Part)],
    Empty = #{load => [], wait => [], delete => [], done => [], reasons => []},
    Sorted = lists:foldl(fun(Change, Plan) -> sorted(Change, Plan) end, Empty, lists:reverse(Changes)),
    Touched = maps:get(load, Sorted) ++ maps:get(delete, Sorted),
    Sorted#{reasons := lists:append([maps:get(reasons, Sorted), path(Parts), used(maps:get(delete, Sorted)) | [against(Change) || Change <- Touched]])}.

changes(#{from := Old, to := New, modules := Modules}) ->
    [#{module => atom(Name, To), from => From, to => To, old => beam(Old, Name), new => beam(New, Name)} || {Name, From, To} <- Modules].

%% What goes is not worth an atom.
atom(Name, none) ->
    try list_to_existing_atom(Name) catch error:badarg -> none end;
atom(Name, _) ->
    list_to_atom(Name).

beam(none, _) -> none;
beam(Directory, Name) -> filename:join(Directory, Name ++ ".beam").

sorted(#{module := none}, Plan) ->
    Plan;
sorted(#{module := Module, from := From, to := To} = Bare, Plan) ->
    Was = loaded(Module),
    Change = Bare#{was => Was},
    case {Was, code:get_mode()} of
        {none, _} when To =:= none -> put(done, Module, Plan);
        {none, embedded} -> put(load, Change, Plan);
        {none, interactive} -> put(wait, Change, Plan);
        {To, _} -> put(done, Module, Plan);
        {From, _} when To =:= none -> put(delete, Change, Plan);
        {From, _} -> put(load, Change, Plan);
        {Other, _} -> put(reasons, (why(Module, patched))#{running => Other}, Plan)
    end.

put(Key, Value, Plan) -> maps:update_with(Key, fun(Values) -> [Value | Values] end, Plan).

%% Where the code path does not lead to the old code, it would not lead to the new.
path(Parts) ->
    Path = code:get_path(),
    [#{directory => text(From), why => not_in_path}
     || #{from := From, to := To} <- Parts, From =/= none, not lists:member(From, Path), To =:= none orelse not lists:member(To, Path)].

%% A behaviour's process would find its module gone at its next message.
used(Deleted) ->
    All = [{code_change, 3}, {code_change, 4}, {system_code_change, 4}],
    Found = hot_deploy_running:find(maps:from_list([{Module, All} || #{module := Module} <- Deleted])),
    [(why(Module, used))#{processes => [hot_deploy_node:note(Pid, [Module]) || {Pid, Each, _} <- Found, Each =:= Module]}
     || Module <- lists:usort([Module || {_, Module, _} <- Found])].

%% What code:prepare_loading does not say, and what the way back would meet.
against(#{module := Module} = Change) ->
    lists:append([
        [why(Module, sticky) || code:is_sticky(Module)],
        [why(Module, nif) || erlang:module_loaded(Module), erlang:get_module_info(Module, nifs) =/= []],
        [(why(Module, draining))#{processes => [hot_deploy_node:note(Pid, [Module]) || Pid <- Pids]}
         || [_ | _] = Pids <- [hot_deploy_node:old_code(Module)]]
    ]) ++ file(Change, old, from) ++ file(Change, new, to).

file(#{module := Module} = Change, Which, Digest) ->
    case {maps:get(Which, Change), maps:get(Digest, Change)} of
        {none, _} -> [];
        {_, none} -> [];
        {File, Wanted} ->
            case read(Module, File, Wanted) of
                {ok, Beam} -> prepared(Module, erlang:prepare_loading(Module, Beam), Which);
                {error, Words} -> [(why(Module, file))#{file => text(File), detail => Words}]
            end
    end.

prepared(Module, {error, Why}, Which) ->
    [(why(Module, not_loadable))#{which => Which, detail => text(atom_to_list(Why))}];
prepared(Module, Prepared, Which) ->
    [(why(Module, on_load))#{which => Which} || erlang:has_prepared_code_on_load(Prepared)].

read(Module, File, Wanted) ->
    case file:read_file(File) of
        {ok, Beam} ->
            case beam_lib:md5(Beam) of
                {ok, {Module, Digest}} ->
                    case binary:encode_hex(Digest) of
                        Wanted -> {ok, Beam};
                        Other -> {error, <<"it holds ", Other/binary>>}
                    end;
                _ -> {error, <<"it holds no such module">>}
            end;
        {error, Reason} -> {error, text(file:format_error(Reason))}
    end.

%% The beams themselves, which may not change any more between what is looked at and what is loaded.
-spec files([change()], old | new) -> [{module(), string(), binary()}].
files(Changes, Which) ->
    Digest = case Which of old -> from; new -> to end,
    [case read(Module, maps:get(Which, Change), maps:get(Digest, Change)) of
         {ok, Beam} -> {Module, maps:get(Which, Change), Beam};
         {error, Words} -> throw({refused, file, <<(atom_to_binary(Module))/binary, ": ", Words/binary>>})
     end || #{module := Module} = Change <- Changes, maps:get(Digest, Change) =/= none].

-spec prepare([change()], old | new) -> code:prepared_code().
prepare(Changes, Which) ->
    case code:prepare_loading(files(Changes, Which)) of
        {ok, Prepared} -> Prepared;
        {error, Errors} -> throw({refused, not_loadable, text(io_lib:format("~0tp", [Errors]))})
    end.

%% Whether what runs is the old code or the new, in each module of these.
-spec running([change()]) -> old | new | mixed.
running(Changes) ->
    Is = fun(Key) -> lists:all(fun(#{module := Module} = Change) -> loaded(Module) =:= maps:get(Key, Change) end, Changes) end,
    case {Is(was), Is(to)} of
        {true, _} -> old;
        {false, true} -> new;
        {false, false} -> mixed
    end.

loaded(Module) ->
    case hot_deploy_node:loaded_digest(Module) of
        undefined -> none;
        Digest -> Digest
    end.

%% What code_change is called with, for the modules of which old code runs, and the functions of the code that it is called in.
-spec versions([change()], up | down) -> {#{module() => term()}, hot_deploy_running:modules()}.
versions(Changes, Direction) ->
    Known = [{Module, version(Direction, Change), functions(Direction, Change)}
             || #{module := Module, to := To} = Change <- Changes, To =/= none, erlang:module_loaded(Module)],
    {maps:from_list([{Module, Version} || {Module, Version, _} <- Known]), maps:from_list([{Module, Functions} || {Module, _, Functions} <- Known])}.

version(up, #{module := Module}) ->
    hot_deploy_node:vsn(Module);
%% The code that runs knows both states, and is told where it is to lead.
version(down, #{new := File}) ->
    case beam_lib:version(File) of
        {ok, {_, [Version]}} -> {down, Version};
        {ok, {_, Version}} -> {down, Version};
        {error, beam_lib, _} -> {down, undefined}
    end.

functions(up, #{new := File}) ->
    case beam_lib:chunks(File, [exports]) of
        {ok, {_, [{exports, Exports}]}} -> taking(Exports);
        %% The plan says what is wrong with it.
        {error, beam_lib, _} -> []
    end;
functions(down, #{module := Module}) ->
    taking(Module:module_info(exports)).

taking(Exports) -> [Each || Each <- Exports, lists:member(Each, [{code_change, 3}, {code_change, 4}, {system_code_change, 4}])].

%% Drops old code that nobody is in. Answers what somebody is in.
-spec unpurged([change()]) -> [module()].
unpurged(Changes) -> [Module || #{module := Module} <- Changes, erlang:check_old_code(Module), not code:soft_purge(Module)].

why(Module, Why) -> #{module => Module, why => Why}.

text(Characters) -> unicode:characters_to_binary(Characters).
